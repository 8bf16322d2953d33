/** The 4 GiB heap of the wasm backend has no room for a tensor. Dispose of tensors, or work on smaller ones. */
export class WasmMemoryError extends Error {
  override readonly name = 'WasmMemoryError';

  /**
   * @param where the kernel that asked
   * @param bytes the size of the allocation that failed
   */
  constructor(
    readonly where: string,
    readonly bytes: number,
  ) {
    super(
      `${where}: expected ${bytes} bytes on the heap of the wasm backend, got none (its limit is 4 GiB in all); ` +
        'do dispose of tensors sooner, or use a smaller batch or volume.',
    );
  }
}

/** The current backend cannot run these kernels. */
export class WasmBackendError extends Error {
  override readonly name = 'WasmBackendError';

  /** `expected` and `got` describe the backend; `advice` says what to do. */
  constructor(
    readonly expected: string,
    readonly got: string,
    readonly advice: string,
  ) {
    super(`registerWasmKernels: expected ${expected}, got ${got}; do ${advice}.`);
  }
}
