// Bytes taken from the heap of the wasm backend, whose own size never shrinks, or from the buffers of the webgpu backend.

/** Watches the backend's allocator; `peakOf(work)` is by how much `work` raises the bytes in use, `stop()` ends it. */
export function watchHeap(tf) {
  const { wasm, bufferManager } = tf.backend();
  return wasm ? watchModule(wasm) : watchBuffers(bufferManager);
}

function watchBuffers(buffers) {
  const { acquireBuffer } = buffers;
  let peak = 0;
  buffers.acquireBuffer = (...request) => {
    const buffer = acquireBuffer.apply(buffers, request);
    peak = Math.max(peak, buffers.numBytesUsed);
    return buffer;
  };
  return {
    async peakOf(work) {
      const before = (peak = buffers.numBytesUsed);
      await work();
      return peak - before;
    },
    stop: () => (buffers.acquireBuffer = acquireBuffer),
  };
}

function watchModule(module) {
  module._free(module._malloc(4)); // the module puts the real functions in place at the first call
  const { _malloc: malloc, _free: free } = module;
  const sizes = new Map();
  let inUse = 0;
  let peak = 0;
  module._malloc = (bytes) => {
    const at = malloc(bytes);
    sizes.set(at >>> 0, bytes); // one and the same address comes signed or not
    inUse += bytes;
    peak = Math.max(peak, inUse);
    return at;
  };
  module._free = (at) => {
    inUse -= sizes.get(at >>> 0) ?? 0;
    sizes.delete(at >>> 0);
    free(at);
  };
  return {
    async peakOf(work) {
      const before = (peak = inUse);
      await work();
      return peak - before;
    },
    stop: () => Object.assign(module, { _malloc: malloc, _free: free }),
  };
}
