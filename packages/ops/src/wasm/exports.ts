/** A byte address in the heap of the wasm backend, or the address of a parameter struct written by `Heap.struct`. */
export type Address = number;

/** What `assembly/index.ts` exports. */
export interface KernelExports {
  sumRuns(runs: Address): void;
  sumThinRuns(runs: Address): void;
  filterGradient(parameters: Address): void;
  thinFilterGradient(parameters: Address): void;
  winograd(parameters: Address): void;
  winogradFilterGradient(x: Address, dy: Address, cut: Address, block: Address, weights: Address): void;
  transformFilterAxis(from: Address, to: Address, outer: number, inner: number): void;
  transformFilterGradientAxis(from: Address, to: Address, outer: number, inner: number): void;
  zero(at: Address, bytes: number): void;
  copyBlocks(from: Address, to: Address, count: number, words: number, fromStep: number, toStep: number): void;
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
  attention(parameters: Address, factor: number): void;
  attentionGradient(parameters: Address, factor: number): void;
  addBias(x: Address, bias: Address, y: Address, wide: Address, rows: number, columns: number): void;
  sumOverRows(x: Address, y: Address, sums: Address, rows: number, columns: number, factor: number): void;
  sumOverColumns(x: Address, y: Address, rows: number, columns: number, factor: number): void;
  prelu(x: Address, y: Address, alpha: number, count: number): void;
  preluGradient(dy: Address, x: Address, dx: Address, alpha: number, count: number): number;
  nearestCode(parameters: Address): void;
  gridSample(parameters: Address): void;
  gridSampleGradient(parameters: Address): void;
  alongAxis(parameters: Address): void;
  composeFields(parameters: Address): void;
  composeFieldsGradient(parameters: Address): void;
  widenVectors(from: Address, to: Address, count: number): void;
  narrowVectors(from: Address, to: Address, count: number): void;
  warp(parameters: Address): void;
  warpGradient(parameters: Address): void;
  correlation(parameters: Address, floor: number): void;
  correlationGradient(parameters: Address, dx: Address): void;
  squaredStencil(stencil: Address, w0: number, w1: number, w2: number, w3: number, scale: number): number;
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
  softmax(x: Address, y: Address, rows: number, columns: number): void;
  softmaxGradient(dy: Address, y: Address, dx: Address, rows: number, columns: number): void;
  crossEntropy(logits: Address, labels: Address, loss: Address, rows: number, columns: number): void;
  crossEntropyGradient(
    dy: Address,
    logits: Address,
    labels: Address,
    dlogits: Address,
    rows: number,
    columns: number,
  ): void;
  weightedCrossEntropy(
    logits: Address,
    targets: Address,
    weights: Address,
    loss: Address,
    norm: Address,
    rows: number,
    columns: number,
  ): void;
  weightedCrossEntropyGradient(
    dy: Address,
    logits: Address,
    targets: Address,
    weights: Address,
    norm: Address,
    dlogits: Address,
    rows: number,
    columns: number,
  ): void;
  embedding(table: Address, ids: Address, out: Address, count: number, columns: number, rows: number): void;
  embeddingGradient(dy: Address, ids: Address, dtable: Address, count: number, columns: number, rows: number): void;
  gelu(x: Address, y: Address, count: number): void;
  geluGradient(dy: Address, x: Address, dx: Address, count: number): void;
  layerNorm(parameters: Address, epsilon: number): void;
  layerNormGradient(parameters: Address): void;
}
