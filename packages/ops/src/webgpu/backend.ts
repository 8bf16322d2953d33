import type { BackendValues, DataType, KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import type { GpuBuffer, GpuDevice, GpuPass } from './gpu';

/** What is used of `WebGPUBackend` (@tensorflow/tfjs-backend-webgpu 4.22), in part private there: `checkBackend` looks. */
export interface WebgpuBackend extends KernelBackend {
  readonly device: GpuDevice;
  bufferManager: {
    readonly numBytesUsed: number;
    readonly numBytesAllocated: number;
    acquireBuffer(size: number, usage: number, mappedAtCreation?: boolean, reuse?: boolean): GpuBuffer;
    releaseBuffer(buffer: GpuBuffer, reuse?: boolean): void;
    dispose(): void;
  };
  readonly tensorMap: { get(dataId: object): TensorData };
  commandEncoder: {
    beginComputePass(): GpuPass;
    copyBufferToBuffer(from: GpuBuffer, fromByte: number, to: GpuBuffer, toByte: number, bytes: number): void;
  } | null;
  computePassEncoder: GpuPass | null;
  /** Tensors that recorded commands use: their buffers are given back after these are submitted. */
  readonly commandQueueOwnedIds: WeakSet<object>;
  readonly uniformPendingDisposal: GpuBuffer[];
  dispatchCountInPass: number;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  uploadToGPU(dataId: object): void;
  makeTensorInfo(shape: number[], dtype: DataType): TensorInfo;
  incRef(dataId: object): void;
  disposeData(dataId: object): boolean;
  readSync(dataId: object): BackendValues;
}

/** What tfjs keeps of a tensor: where its values are, on the device or here. */
export interface TensorData {
  readonly shape: number[];
  readonly dtype: DataType;
  resource?: GpuBuffer | null;
  values?: BackendValues | null;
}

/** The class `WebGPUBackend` of @tensorflow/tfjs-backend-webgpu. */
export type WebgpuBackendClass = new (device: never, info?: never) => object;

const USED = [
  'device',
  'bufferManager',
  'tensorMap',
  'commandQueueOwnedIds',
  'uniformPendingDisposal',
  'dispatchCountInPass',
  'ensureCommandEncoderReady',
  'endComputePassEncoder',
  'submitQueue',
  'uploadToGPU',
  'makeTensorInfo',
] as const;

/** The first member that a backend lacks, of those that kernels use; undefined when it has all. */
export function missingMember(backend: object): string | undefined {
  return USED.find((name) => !(name in backend));
}
