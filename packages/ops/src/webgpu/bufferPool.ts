import type { GpuBuffer, GpuDevice } from './gpu';

/** Sizes of buffers in each doubling: a new one is at most an eighth larger than what was asked for. */
const CLASSES = 8;
/** Every size is a multiple of this, as uniforms are. */
const FINEST = 16;
/** All buffers may take so many times what was in use at most, as sizes do not all peak at once, and so many bytes more. */
const ROOM = 1.5;
const SPARE = 2 ** 26;

/**
 * Takes the place of tfjs's BufferManager, which keeps each freed buffer for the next tensor of exactly its size: a training
 * whose sizes change at every step fills the memory of any card. Here a tensor gets a free buffer of up to twice its size, and
 * those that lay free for the longest time are destroyed where all together would be more than `boundOf` allows.
 */
export class BufferPool {
  /** Of buffers in use, and of all. `tf.memory()` has them. */
  numBytesUsed = 0;
  numBytesAllocated = 0;
  #most = 0;
  readonly #used = new Set<GpuBuffer>();
  /** In the order in which they were freed, the oldest first; also by usage and size, there the oldest first too. */
  readonly #free = new Set<GpuBuffer>();
  readonly #stacks = new Map<number, Map<number, GpuBuffer[]>>();

  /** @param largest bytes beyond which no size is rounded up */
  constructor(
    private readonly device: GpuDevice,
    private readonly largest: number,
  ) {}

  /** A buffer of `size` bytes or some more; `mapped` if it is a new one, which it is for sure without `reuse`. */
  acquireBuffer(size: number, usage: number, mapped = false, reuse = true): GpuBuffer {
    const bytes = sizeClass(size, this.largest);
    const buffer = (reuse && this.#taken(bytes, usage)) || this.#made(bytes, usage, mapped);
    this.#used.add(buffer);
    this.numBytesUsed += buffer.size;
    this.#most = Math.max(this.#most, this.numBytesUsed);
    return buffer;
  }

  releaseBuffer(buffer: GpuBuffer, reuse = true): void {
    if (this.#used.delete(buffer)) this.numBytesUsed -= buffer.size;
    else this.numBytesAllocated += buffer.size; // made before the pool
    if (!reuse) return this.#destroy(buffer);
    this.#free.add(buffer);
    this.#stackOf(buffer.size, buffer.usage).push(buffer);
  }

  dispose(): void {
    for (const buffer of [...this.#used, ...this.#free]) buffer.destroy();
    this.#used.clear();
    this.#free.clear();
    this.#stacks.clear();
    this.numBytesUsed = this.numBytesAllocated = this.#most = 0;
  }

  /** A free buffer of this size, or the next larger one, up to twice as large: better than to make one. */
  #taken(bytes: number, usage: number): GpuBuffer | undefined {
    const stacks = this.#stacks.get(usage);
    if (!stacks) return undefined;
    for (let size = bytes, tries = 0; tries <= CLASSES; size = sizeClass(size + 1, this.largest), tries++) {
      const buffer = stacks.get(size)?.pop();
      if (!buffer) continue;
      this.#free.delete(buffer);
      return buffer;
    }
    return undefined;
  }

  #made(size: number, usage: number, mappedAtCreation: boolean): GpuBuffer {
    const bound = boundOf(Math.max(this.#most, this.numBytesUsed + size));
    for (const oldest of this.#free) {
      if (this.numBytesAllocated + size <= bound) break;
      this.#free.delete(oldest);
      this.#stackOf(oldest.size, oldest.usage).shift();
      this.#destroy(oldest);
    }
    this.numBytesAllocated += size;
    return this.device.createBuffer({ size, usage, mappedAtCreation });
  }

  #destroy(buffer: GpuBuffer): void {
    buffer.destroy(); // commands that were sent off are carried out all the same
    this.numBytesAllocated -= buffer.size;
  }

  #stackOf(size: number, usage: number): GpuBuffer[] {
    let ofUsage = this.#stacks.get(usage);
    if (!ofUsage) this.#stacks.set(usage, (ofUsage = new Map()));
    let stack = ofUsage.get(size);
    if (!stack) ofUsage.set(size, (stack = []));
    return stack;
  }
}

/** Bytes that all buffers may take where `most` were in use at most. */
export const boundOf = (most: number): number => ROOM * most + SPARE;

/** The next size of a buffer; `size` itself where that would be beyond `largest`. */
export function sizeClass(size: number, largest: number): number {
  const step = Math.max(FINEST, 2 ** Math.floor(Math.log2(size)) / CLASSES);
  const rounded = Math.ceil(size / step) * step;
  return rounded <= largest ? rounded : size;
}
