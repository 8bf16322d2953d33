import { PipelineError } from '@paired3d/pipeline';

interface Condition {
  readonly says: string;
  readonly advice: string;
  /** 42: fails again the same way; 75: may succeed when tried again. */
  readonly exitCode: 42 | 75;
}

const passing = (says: string, advice: string): Condition => ({ says, advice, exitCode: 75 });
const permanent = (says: string, advice: string): Condition => ({ says, advice, exitCode: 42 });

const again = 'then run the same command again';

/** What the operating system's error codes mean to a person who runs a training. */
const conditions: Readonly<Record<string, Condition>> = {
  ENOSPC: passing('a full disk', `free some space, ${again}`),
  EDQUOT: passing('a used-up disk quota', `free some space, ${again}`),
  EIO: passing('an input/output error of the disk', `check the disk, ${again}`),
  EMFILE: passing('too many open files', `raise the limit (ulimit -n), ${again}`),
  ENFILE: passing('too many open files on this machine', `close other programs, ${again}`),
  EAGAIN: passing('a busy system', 'run the same command again'),
  EBUSY: passing('a file in use', `close the program that uses it, ${again}`),
  ESTALE: passing('a network disk that went away', `mount it again, ${again}`),
  EACCES: permanent('no permission', 'change its permissions or choose another place'),
  EPERM: permanent('no permission', 'change its permissions or choose another place'),
  EROFS: permanent('a read-only disk', 'choose another place'),
  ENOTDIR: permanent('a file where a folder should be', 'choose another place'),
  EEXIST: permanent('a file where a folder should be', 'choose another place'),
  EISDIR: permanent('a folder where a file should be', 'choose another place'),
  ENOENT: permanent('no such file or folder', 'check the path'),
  ENAMETOOLONG: permanent('a name that is too long', 'choose a shorter one'),
  ELOOP: permanent('links that go round in circles', 'choose another place'),
};

/** The code of an operating system error, such as `ENOENT`; undefined for any other. */
export function systemErrorCode(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/**
 * An operating system error as one line that names the file and says what to do.
 *
 * @param path the file or folder, as the person knows it.
 * @param expected what was being done, such as "to write it".
 */
export function fileError(path: string, expected: string, error: unknown): PipelineError {
  if (error instanceof PipelineError) return error;
  const code = systemErrorCode(error);
  const condition = code === undefined ? undefined : conditions[code];
  const got = condition ? `${condition.says} (${code})` : (error as Error).message;
  const { advice, exitCode } = condition ?? permanent('', 'check the path');
  return new PipelineError({ where: path, expected, got, advice, exitCode, cause: error });
}
