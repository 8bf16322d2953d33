/**
 * Something given to `@paired3d/registration` is not what it needs.
 * The message reads `where: expected …, got …; do …`; the parts are fields.
 */
export class RegistrationError extends Error {
  override readonly name = 'RegistrationError';
  constructor(
    readonly where: string,
    readonly expected: string,
    readonly got: string,
    readonly advice: string,
    options?: ErrorOptions,
  ) {
    super(`${where}: expected ${expected}, got ${got}; ${advice}`, options);
  }
}
