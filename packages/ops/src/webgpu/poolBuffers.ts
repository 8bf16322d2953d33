import { util } from '@tensorflow/tfjs-core';
import type { TensorData, WebgpuBackend } from './backend';
import { BufferPool } from './bufferPool';
import { limitsOf } from './gpu';

/** GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ, and GPUMapMode.READ */
const STAGING = 0x8 | 0x1;
const READ = 0x1;

/** GPUBytesPerElement of tfjs, whatever the type. */
const BYTES = 4;

/**
 * Gives the backend a pool of buffers instead of its own manager. Buffers of tensors are larger then than what they hold, so
 * that reads have to say how much they want.
 */
export function poolBuffers(backend: WebgpuBackend): void {
  const { maxBufferSize, maxStorageBufferBindingSize } = limitsOf(backend.device);
  backend.bufferManager = new BufferPool(backend.device, Math.min(maxBufferSize, maxStorageBufferBindingSize));

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
