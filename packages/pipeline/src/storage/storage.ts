import { PipelineError } from '../errors';

/**
 * Where stages keep checkpoints, tokens, models and reports: a tree of files, whatever holds them (a folder, browser storage, memory).
 * Paths are relative, separated by `/`, without `.` and `..` ({@link checkPath}).
 */
export interface Storage {
  /** The content of a file, or undefined when there is none. The caller owns the bytes. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Writes a whole file, creating its folders. Atomic: a reader sees the old content or the new, also after a crash. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** All files, however deep, whose path starts with `prefix` (plain text comparison; `''` lists all), sorted by code unit. */
  list(prefix: string): Promise<string[]>;
  /** Removes one file; no error when there is none. */
  remove(path: string): Promise<void>;
  /** The part of the tree below a folder, which need not exist yet. */
  within(folder: string): Storage;
}

/**
 * Gives the path back if it is a plain relative one.
 *
 * @throws PipelineError for an empty path, an absolute one, empty, `.` or `..` parts, backslashes or NUL.
 */
export function checkPath(path: string): string {
  const parts = path.split('/');
  // Backslashes and NUL are refused because they mean something else on some hosts of the same tree.
  const bad = path.includes('\\') || path.includes('\0') || parts.some((p) => p === '' || p === '.' || p === '..');
  if (bad) {
    throw new PipelineError({
      where: 'storage',
      expected: 'a relative path such as "vqae/model.safetensors"',
      got: JSON.stringify(path),
      advice: 'leave out empty parts, ".", ".." and backslashes',
    });
  }
  return path;
}
