/** WebGPU cannot be had, was lost, or was used wrongly. */
export class WebgpuError extends Error {
  override readonly name = 'WebgpuError';

  /** `where` is the function or kernel; `expected` and `got` state both sides, `advice` says what to do. */
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

/** A tensor or a kernel asks for more than a limit of the device allows. */
export class WebgpuLimitError extends Error {
  override readonly name = 'WebgpuLimitError';

  /** `limit` is WebGPU's name of the limit, `most` its value on this device, `asked` what was asked for. */
  constructor(
    readonly where: string,
    readonly limit: string,
    readonly most: number,
    readonly asked: number,
  ) {
    super(
      `${where}: expected at most ${most} (the device's ${limit}), got ${asked}; use a smaller batch or volume, or work slab by slab`,
    );
  }
}
