import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { PipelineError } from '@paired3d/pipeline';
import { PRIVATE_PREFIX, temporaryName } from './atomic-write';
import { fileError, systemErrorCode } from './file-errors';
import { isAlive, processStart } from './process-identity';

/** Name of the lock file within an output folder. */
export const LOCK_NAME = `${PRIVATE_PREFIX}lock`;

const REFRESH_MS = 15_000;
/** A holder on another machine, whose process cannot be asked for, counts as gone after not having refreshed its lock for so long. */
const GONE_AFTER_MS = 600_000;

/** Who holds a lock; the content of the lock file. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601, for the message. */
  readonly since: string;
  /** See {@link processStart}; tells a process from a later one with the same id. */
  readonly start?: string;
  /** Differs for every lock ever taken. */
  readonly token: string;
}

/** A held lock. It is given back at the end of the process at the latest. */
export interface Lock {
  release(): void;
}

/**
 * Makes this process the only run in an output folder. The lock of a process that was killed is taken over.
 *
 * @param folder an existing folder.
 * @throws PipelineError that names the process that holds it (exit code 75), or the file that cannot be written.
 */
export async function lockFolder(folder: string): Promise<Lock> {
  const file = path.join(folder, LOCK_NAME);
  const holder = await take(file, folder).catch((error: unknown) => {
    throw fileError(file, 'to write the lock file', error);
  });
  const refresh = setInterval(() => void touch(file), REFRESH_MS).unref();
  const release = (): void => {
    clearInterval(refresh);
    process.off('exit', release);
    removeIfMine(file, holder);
  };
  process.once('exit', release);
  return { release };
}

/**
 * Creates the lock file, or replaces a stale one.
 *
 * Two processes that find the same stale lock must not both replace it, nor may the slower one replace the winner's. So a lock is replaced
 * only while holding a second lock whose name contains the stale one's token, and only if the token is still there. The second lock
 * is taken the same way, in case its holder dies too.
 */
async function take(file: string, folder: string): Promise<Holder> {
  const mine = newHolder();
  for (;;) {
    if (await create(file, mine)) return mine;
    const found = await inspect(file);
    if (!found) continue; // given back in the meantime
    if (!found.stale) throw heldError(folder, file, found.holder);
    const guardFile = `${file}-${found.holder.token}`;
    const guard = await take(guardFile, folder);
    try {
      const now = await inspect(file);
      if (now?.holder.token === found.holder.token) {
        await writeHolder(file, mine, fs.rename);
        return mine;
      }
    } finally {
      removeIfMine(guardFile, guard);
    }
  }
}

function newHolder(): Holder {
  const { pid } = process;
  return { pid, host: hostname(), since: new Date().toISOString(), start: processStart(pid), token: randomUUID() };
}

/** Creates the lock with its content in one step; false when it exists. */
async function create(file: string, mine: Holder): Promise<boolean> {
  try {
    await writeHolder(file, mine, fs.link);
    return true;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code ?? '')) throw error;
  }
  // A disk without hard links: for a moment the lock has no content, which `inspect` counts as held.
  try {
    await fs.writeFile(file, JSON.stringify(mine), { flag: 'wx' });
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Writes a temporary file and moves or links it to its place. */
async function writeHolder(file: string, mine: Holder, place: (from: string, to: string) => Promise<void>) {
  const temporary = path.join(path.dirname(file), temporaryName());
  try {
    await fs.writeFile(temporary, JSON.stringify(mine));
    await place(temporary, file);
  } finally {
    await fs.rm(temporary, { force: true });
  }
}

/** Who holds a lock, and whether that process is gone; undefined when nobody does. */
async function inspect(file: string): Promise<{ holder: Holder; stale: boolean } | undefined> {
  try {
    const text = await fs.readFile(file, 'utf8');
    const { mtimeMs } = await fs.stat(file);
    const unrefreshed = Date.now() - mtimeMs > GONE_AFTER_MS;
    const holder = parse(text);
    if (!holder) return { holder: { pid: 0, host: '?', since: '?', token: 'unreadable' }, stale: unrefreshed };
    return { holder, stale: holder.host === hostname() ? isGone(holder) : unrefreshed };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function isGone(holder: Holder): boolean {
  if (!isAlive(holder.pid)) return true;
  return holder.start !== undefined && processStart(holder.pid) !== holder.start;
}

function parse(text: string): Holder | undefined {
  try {
    const { pid, host, since, start, token } = JSON.parse(text) as Partial<Holder>;
    // The token becomes part of a file name.
    const valid = typeof pid === 'number' && typeof host === 'string' && /^[0-9a-f-]{36}$/.test(token ?? '');
    return valid ? { pid, host, since: String(since), start, token: token! } : undefined;
  } catch {
    return undefined;
  }
}

function removeIfMine(file: string, mine: Holder): void {
  try {
    if (parse(readFileSync(file, 'utf8'))?.token === mine.token) rmSync(file);
  } catch {
    // Without its file there is no lock to give back; one that cannot be removed is stale once this process has ended.
  }
}

async function touch(file: string): Promise<void> {
  const now = new Date();
  await fs.utimes(file, now, now).catch(() => {}); // a folder that was removed or is out of reach: the next write will say so
}

function heldError(folder: string, file: string, holder: Holder): PipelineError {
  const elsewhere = holder.host === hostname() ? '' : ` on ${holder.host}`;
  return new PipelineError({
    where: folder,
    expected: 'no other run in this folder',
    got: `one with process id ${holder.pid}${elsewhere}, since ${holder.since}`,
    advice: `wait for it, choose another --out, or if it is gone remove ${file}`,
    exitCode: 75,
  });
}
