/** Exit codes with which a batch scheduler can decide: 42 will fail again the same way, 75 (EX_TEMPFAIL) may succeed when tried again. */
export type PipelineExitCode = 42 | 75;

/** What a {@link PipelineError} says. */
export interface PipelineErrorFields {
  /** The stage, file or setting that is concerned. */
  readonly where: string;
  readonly expected: string;
  readonly got: string;
  /** What a person can do about it, in the imperative. */
  readonly advice: string;
  /** 42 (default): permanent, bad input; 75: a passing condition, run the same command again. */
  readonly exitCode?: PipelineExitCode;
  readonly cause?: unknown;
}

/** Anything that stops the pipeline for a reason a person can act on: one line, `where: expected …, got …; do …`. */
export class PipelineError extends Error {
  readonly where: string;
  readonly expected: string;
  readonly got: string;
  readonly advice: string;
  readonly exitCode: PipelineExitCode;

  constructor(fields: PipelineErrorFields) {
    const { where, expected, got, advice, exitCode = 42, cause } = fields;
    super(`${where}: expected ${expected}, got ${got}; ${advice}`, cause === undefined ? undefined : { cause });
    this.name = 'PipelineError';
    this.where = where;
    this.expected = expected;
    this.got = got;
    this.advice = advice;
    this.exitCode = exitCode;
  }
}

/** A stage stopped because its abort signal was raised; what it had done is in its last checkpoint. */
export class Interrupted extends PipelineError {
  constructor(where: string) {
    super({
      where,
      expected: 'to run to its end',
      got: 'a request to stop',
      advice: 'run the same command again to go on from the last checkpoint',
      exitCode: 75,
    });
    this.name = 'Interrupted';
  }
}

/**
 * For the places where a stage can stop without loss.
 *
 * @throws Interrupted when the signal is raised.
 */
export function throwIfAborted(signal: AbortSignal | undefined, where: string): void {
  if (signal?.aborted) throw new Interrupted(where);
}
