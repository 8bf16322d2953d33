import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import { isAlive } from './process-identity';

/** The file-system calls that are used, so that a test can make any of them fail. */
export type FileCalls = Pick<typeof fs, 'mkdir' | 'open' | 'readdir' | 'readFile' | 'rename' | 'rm' | 'stat'>;

/** Files of ours that are no one's output: temporary ones and the lock. */
export const PRIVATE_PREFIX = '.paired3d-';

/** Tells this process's temporary files from those of an earlier one that had the same id, as in containers. */
const token = randomUUID().slice(0, 8);
const TEMPORARY = /^\.paired3d-(\d+)-([0-9a-f]{8})-\d+\.tmp$/;
const ABANDONED_AFTER_MS = 3_600_000;
let counter = 0;

/** A new name for a temporary file, which says whose it is. */
export function temporaryName(): string {
  return `${PRIVATE_PREFIX}${process.pid}-${token}-${counter++}.tmp`;
}

/**
 * Writes a file so that its name always leads to the whole old content or the whole new one, also after a crash or a power cut:
 * a temporary file in the same folder, fsync, rename, fsync of the folder. Missing folders are made.
 */
export async function writeAtomically(file: string, bytes: Uint8Array, calls: FileCalls = fs): Promise<void> {
  const folder = path.dirname(file);
  await makeFolder(folder, calls);
  const temporary = path.join(folder, temporaryName());
  try {
    await withHandle(calls.open(temporary, 'wx'), async (handle) => {
      await handle.writeFile(bytes);
      await handle.sync();
    });
    await calls.rename(temporary, file);
  } catch (error) {
    await calls.rm(temporary, { force: true }).catch(() => {}); // the first error is the one worth telling
    throw error;
  }
  await syncFolder(folder, calls);
}

/** Removes the temporary files below a folder that killed runs left behind. */
export async function removeLeftovers(folder: string, calls: FileCalls = fs): Promise<void> {
  const entries = await calls.readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const match = entry.isFile() ? TEMPORARY.exec(entry.name) : null;
    if (!match) continue;
    const file = path.join(entry.parentPath, entry.name);
    if (await isAbandoned(file, Number(match[1]), match[2], calls)) await calls.rm(file, { force: true });
  }
}

async function isAbandoned(file: string, pid: number, owner: string, calls: FileCalls): Promise<boolean> {
  if (pid === process.pid) return owner !== token;
  if (!isAlive(pid)) return true;
  // The process id may have been given to another program since, or be one of another machine: age decides.
  const stats = await calls.stat(file).catch(() => undefined);
  return stats !== undefined && Date.now() - stats.mtimeMs > ABANDONED_AFTER_MS;
}

/** Makes a folder and those above it, durably. */
async function makeFolder(folder: string, calls: FileCalls): Promise<void> {
  const first = await calls.mkdir(folder, { recursive: true });
  if (first === undefined) return;
  const top = path.dirname(path.resolve(first));
  for (let at = path.resolve(folder); at.length > top.length; at = path.dirname(at)) {
    await syncFolder(path.dirname(at), calls);
  }
}

async function syncFolder(folder: string, calls: FileCalls): Promise<void> {
  if (process.platform === 'win32') return; // folders cannot be opened there; NTFS journals the rename
  await withHandle(calls.open(folder, 'r'), (handle) => handle.sync());
}

async function withHandle(opening: Promise<FileHandle>, use: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await opening;
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
}
