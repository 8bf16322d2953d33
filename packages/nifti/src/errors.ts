/** What a {@link NiftiError} says: which file, which field of it, what was expected there and what was found. */
export interface NiftiErrorDetails {
  readonly file: string;
  readonly field: string;
  readonly expected: string;
  readonly got: string;
  readonly advice: string;
  readonly cause?: unknown;
}

/**
 * A file (or a volume to be written) that is not what NIfTI asks for. The message is one line:
 * `file: field: expected …, got …; advice`.
 */
export class NiftiError extends Error {
  override readonly name = 'NiftiError';
  readonly file: string;
  readonly field: string;
  readonly expected: string;
  readonly got: string;
  readonly advice: string;

  constructor(details: NiftiErrorDetails) {
    const { file, field, expected, got, advice, cause } = details;
    super(
      `${file}: ${field}: expected ${expected}, got ${got}; ${advice}`,
      cause === undefined ? undefined : { cause },
    );
    this.file = file;
    this.field = field;
    this.expected = expected;
    this.got = got;
    this.advice = advice;
  }
}
