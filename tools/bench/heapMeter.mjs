// Bytes taken from the heap of the wasm backend, whose own size never shrinks.

/** Watches the backend's allocator; `peakOf(work)` is by how much `work` raises the bytes in use, `stop()` ends it. */
export function watchHeap(tf) {
  const module = tf.backend().wasm;
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
