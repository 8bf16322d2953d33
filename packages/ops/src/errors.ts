/**
 * A public operation was called with something it cannot work on.
 *
 * `op` names the function, `expected` and `got` state both sides of the mismatch; the message reads
 * `op: expected …, got …; do …`.
 */
export class OpsError extends Error {
  override readonly name = 'OpsError';

  constructor(
    readonly op: string,
    readonly expected: string,
    readonly got: string,
    readonly advice: string,
    options?: ErrorOptions,
  ) {
    super(`${op}: expected ${expected}, got ${got}; ${advice}`, options);
  }
}
