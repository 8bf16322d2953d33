import { util, type DataType, type TypedArray } from '@tensorflow/tfjs-core';
import type { TensorData, WebgpuBackend } from './backend';
import { BufferPool } from './bufferPool';
import { limitsOf } from './gpu';

/** GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ, and GPUMapMode.READ */
const STAGING = 0x8 | 0x1;
const READ = 0x1;
/** GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST */
const TENSOR = 0x80 | 0x4 | 0x8;

/** GPUBytesPerElement of tfjs, whatever the type. */
const BYTES = 4;

/**
 * Gives the backend a pool of buffers instead of its own manager. Buffers of tensors are larger then than what they hold, so
 * that reads have to say how much they want. Uploads go through the queue: tfjs makes a staging buffer for each, and ends the
 * pass that is being recorded.
 */
export function poolBuffers(backend: WebgpuBackend): void {
  const { maxBufferSize, maxStorageBufferBindingSize } = limitsOf(backend.device);
  backend.bufferManager = new BufferPool(backend.device, Math.min(maxBufferSize, maxStorageBufferBindingSize));

  const upload = backend.uploadToGPU.bind(backend);
  backend.uploadToGPU = (dataId) => {
    const data = backend.tensorMap.get(dataId);
    if (data.resource || !data.values) return upload(dataId);
    const values = bytesOf(data.values as TypedArray, data.dtype);
    data.resource = backend.bufferManager.acquireBuffer(values.byteLength, TENSOR);
    // Before what is being recorded; a buffer that was free is used by nothing there.
    backend.device.queue.writeBuffer(data.resource, 0, values);
    data.values = null;
  };

  const read = backend.read.bind(backend);
  backend.read = async (dataId) => {
    const data = backend.tensorMap.get(dataId);
    if (data.values != null || !data.resource) return read(dataId);
    return (data.values = util.convertBackendValuesAndArrayBuffer(await download(backend, data), data.dtype));
  };

  const readSync = backend.readSync.bind(backend);
  backend.readSync = (dataId) => {
    const values = readSync(dataId);
    const data = backend.tensorMap.get(dataId);
    const count = util.sizeFromShape(data.shape);
    return data.resource && values.length > count ? (data.values = values.slice(0, count)) : values;
  };
}

/** Values as they lie on the device: 32 bits each. Memory that threads share is copied, which not every queue takes. */
function bytesOf(values: TypedArray, dtype: DataType): Float32Array | Int32Array {
  const Values = dtype === 'float32' ? Float32Array : Int32Array;
  return values instanceof Values && values.buffer instanceof ArrayBuffer ? values : new Values(values);
}

/** The bytes of a tensor. */
async function download(backend: WebgpuBackend, { resource, shape }: TensorData): Promise<ArrayBuffer> {
  const bytes = BYTES * util.sizeFromShape(shape);
  const staging = backend.bufferManager.acquireBuffer(bytes, STAGING);
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.commandEncoder!.copyBufferToBuffer(resource!, 0, staging, 0, bytes);
  backend.submitQueue();
  await staging.mapAsync(READ, 0, bytes);
  const values = staging.getMappedRange(0, bytes).slice(0);
  staging.unmap();
  backend.bufferManager.releaseBuffer(staging);
  return values;
}
