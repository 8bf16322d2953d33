import type { LoadModule } from './modules';

/** What the commands get from the process, so that tests can give something else. */
export interface CliContext {
  /** The arguments as they were typed, after the program's name. */
  readonly args: readonly string[];
  /** Results, and with `--json` one object a line. */
  readonly stdout: NodeJS.WritableStream;
  /** Everything that is for a person. */
  readonly stderr: NodeJS.WritableStream & { isTTY?: boolean };
  /** Raised when the run is to stop at the next checkpoint. */
  readonly signal: AbortSignal;
  /** Threads that compute unless `--workers` says otherwise. */
  readonly cores: number;
  /** The file that a worker's thread runs. */
  readonly workerEntry: URL;
  /** Loads packages that a user may have installed. */
  readonly loadModule: LoadModule;
}
