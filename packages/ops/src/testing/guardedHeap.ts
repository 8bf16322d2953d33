/** What is used of the Emscripten module of @tensorflow/tfjs-backend-wasm. */
interface Module {
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** Bytes before and after each tensor; a multiple of every alignment in use. */
const GUARD = 64;
/** All ones: NaN as a float or double, -1 as an integer. */
const POISON = 0xff;
/** A guard repeats one byte from here on: a float below -1e19, which no sum hides, and another one around each tensor. */
const GUARDS = 0xe0;

const guarded = new WeakSet<object>();

/**
 * Makes the heap of the wasm backend unforgiving: a tensor (outputs and scratch of kernels included) holds NaN until it
 * is written and again once it is freed, and a write beyond its ends is an error when it is freed.
 */
export function guardHeap(backend: object): void {
  const module = (backend as { wasm: Module }).wasm;
  if (guarded.has(module)) return;
  guarded.add(module);
  module._free(module._malloc(1)); // Emscripten puts the functions in place when they are first called
  const { _malloc, _free } = module;
  const blocks = new Map<number, { bytes: number; guard: number }>();
  let count = 0;

  module._malloc = (bytes) => {
    const block = _malloc(bytes + 2 * GUARD) >>> 0;
    if (block === 0) return 0;
    const guard = GUARDS + (count++ % (POISON - GUARDS));
    const tensor = block + GUARD;
    module.HEAPU8.fill(guard, block, tensor + bytes + GUARD).fill(POISON, tensor, tensor + bytes);
    blocks.set(tensor, { bytes, guard });
    return tensor;
  };

  module._free = (address) => {
    const tensor = address >>> 0;
    const block = blocks.get(tensor);
    if (!block) return _free(address); // from before
    blocks.delete(tensor);
    const { bytes, guard } = block;
    const end = tensor + bytes;
    const intact = (from: number) => module.HEAPU8.subarray(from, from + GUARD).every((byte) => byte === guard);
    const damage = !intact(tensor - GUARD) ? 'before its start' : !intact(end) ? 'beyond its end' : null;
    module.HEAPU8.fill(POISON, tensor - GUARD, end + GUARD);
    _free(tensor - GUARD);
    if (damage) throw new Error(`a kernel wrote ${damage} into the memory around a buffer of ${bytes} bytes`);
  };
}
