/** Element types that are stored, named as safetensors names them. */
export type DType = 'F32' | 'F16' | 'I64' | 'I32' | 'I16' | 'U8';

/** A tensor in host memory. F16 is kept as its 16-bit patterns, I64 as BigInt64Array. */
export interface HostTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint16Array | BigInt64Array | Int32Array | Int16Array | Uint8Array;
}
