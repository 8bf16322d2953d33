import * as fs from 'node:fs/promises';
import path from 'node:path';
import { checkPath, type Storage } from '@paired3d/pipeline';
import { PRIVATE_PREFIX, removeLeftovers, writeAtomically, type FileCalls } from './atomic-write';
import { fileError, systemErrorCode } from './file-errors';

/**
 * A {@link Storage} on a folder. Every failure is a PipelineError that names the file: exit code 75 for what passes (full disk,
 * input/output error, too many open files), 42 for what does not (permissions, a file in the way of a folder).
 */
export class NodeStorage implements Storage {
  /** The folder, as it was given. */
  readonly folder: string;
  readonly #calls: FileCalls;

  private constructor(folder: string, calls: FileCalls) {
    this.folder = folder;
    this.#calls = calls;
  }

  /** Opens a folder, making it if need be, and removes the temporary files that killed runs left in it. */
  static async open(folder: string, calls: FileCalls = fs): Promise<NodeStorage> {
    await told(folder, 'to open the folder', async () => {
      await calls.mkdir(folder, { recursive: true });
      await removeLeftovers(folder, calls);
    });
    return new NodeStorage(folder, calls);
  }

  /**
   * Opens a folder that must exist, to read from it.
   *
   * @throws PipelineError when it does not, or is no folder.
   */
  static async existing(folder: string): Promise<NodeStorage> {
    await told(folder, 'a folder', () => fs.readdir(folder));
    return new NodeStorage(folder, fs);
  }

  async read(relative: string): Promise<Uint8Array | undefined> {
    const file = this.#file(relative);
    try {
      const buffer = await this.#calls.readFile(file);
      return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    } catch (error) {
      if (['ENOENT', 'EISDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
      throw fileError(file, 'to read it', error);
    }
  }

  async write(relative: string, bytes: Uint8Array): Promise<void> {
    const file = this.#file(relative);
    await told(file, 'to write it', () => writeAtomically(file, bytes, this.#calls));
  }

  async list(prefix: string): Promise<string[]> {
    // Only the folder that the prefix ends in is walked.
    const start = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    const found: string[] = [];
    await told(path.join(this.folder, start), 'to list the folder', () => this.#walk(start, prefix, found));
    return found.sort();
  }

  async remove(relative: string): Promise<void> {
    const file = this.#file(relative);
    await told(file, 'to remove it', () => this.#calls.rm(file, { force: true }));
  }

  within(folder: string): NodeStorage {
    return new NodeStorage(this.#file(folder), this.#calls);
  }

  #file(relative: string): string {
    return path.join(this.folder, checkPath(relative));
  }

  async #walk(folder: string, prefix: string, found: string[]): Promise<void> {
    const entries = await this.#calls
      .readdir(path.join(this.folder, folder), { withFileTypes: true })
      .catch((error) => {
        if (systemErrorCode(error) === 'ENOENT') return [];
        throw error;
      });
    for (const entry of entries) {
      const relative = folder + entry.name;
      if (entry.name.startsWith(PRIVATE_PREFIX)) continue;
      if (entry.isDirectory()) {
        const mayMatch = relative.startsWith(prefix) || prefix.startsWith(`${relative}/`);
        if (mayMatch) await this.#walk(`${relative}/`, prefix, found);
      } else if (relative.startsWith(prefix)) found.push(relative);
    }
  }
}

async function told(where: string, expected: string, action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    throw fileError(where, expected, error);
  }
}
