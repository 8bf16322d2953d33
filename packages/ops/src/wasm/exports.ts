/** A byte address in the heap of the wasm backend, or the address of a parameter struct written by `Heap.struct`. */
export type Address = number;

/** What `assembly/index.ts` exports. */
export interface KernelExports {
  sumRuns(runs: Address): void;
  filterGradient(parameters: Address): void;
  packPanels(from: Address, to: Address, rows: number, columns: number, panelBytes: number): void;
  packPanelsTransposed(from: Address, to: Address, rows: number, columns: number, panelBytes: number): void;
  transpose(from: Address, fromRow: number, to: Address, toRow: number, rows: number, columns: number): void;
  padVolume(pad: Address): void;
  padChannels(from: Address, to: Address, rows: number, columns: number, toColumns: number): void;
  unpadMatrices(
    from: Address,
    to: Address,
    count: number,
    fromRows: number,
    fromColumns: number,
    rows: number,
    columns: number,
  ): void;
  gridSample(parameters: Address): void;
  gridSampleGradient(parameters: Address): void;
  alongAxis(parameters: Address): void;
  instanceNormPrelu(parameters: Address, epsilon: number): void;
  instanceNormPreluGradient(parameters: Address): void;
  adam(
    parameters: Address,
    beta1: number,
    rest1: number,
    beta2: number,
    rest2: number,
    keep: number,
    step: number,
    correction: number,
    epsilon: number,
  ): void;
}
