import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { WasmMemoryError } from './errors';
import type { Address, KernelExports } from './exports';
import { BYTES } from './runs';

/** What is used of `BackendWasm` (public members of @tensorflow/tfjs-backend-wasm 4). */
export interface WasmBackend {
  /** The Emscripten module; every tensor of the backend comes from its `_malloc`. */
  readonly wasm: { _malloc(bytes: number): Address; _free(address: Address): void };
  readonly dataIdMap: { get(dataId: object): { memoryOffset: number | null } };
  incRef(dataId: object): void;
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
  disposeData(dataId: object): boolean;
}

const LARGEST_STRUCT = 256;

/**
 * Makes every allocation of the backend throw when the heap is full, those of tfjs's own kernels too: these would go on
 * with address 0, where the values of someone else lie. To be called once for each backend.
 */
export function checkAllocations({ wasm }: WasmBackend): void {
  wasm._free(wasm._malloc(1)); // Emscripten puts its functions in place when they are first called
  const malloc = wasm._malloc;
  wasm._malloc = (bytes) => {
    // The allocator takes 32-bit sizes: a larger one would silently wrap around to a small block.
    const address = bytes > 0xffffffff ? 0 : malloc(bytes);
    if (address === 0) throw new WasmMemoryError('tfjs', bytes);
    return address;
  };
}

/** The kernels, and the tfjs heap they work on, during one kernel call. */
export class Call {
  readonly #outputs: TensorInfo[] = [];
  readonly #scratch: TensorInfo[] = [];

  constructor(
    readonly name: string,
    readonly kernels: KernelExports,
    private readonly backend: WasmBackend,
    private readonly memory: WebAssembly.Memory,
    private readonly structAddress: Address,
  ) {}

  /** Address of a tensor's values. */
  at(tensor: TensorInfo): Address {
    return this.backend.dataIdMap.get(tensor.dataId).memoryOffset! >>> 0;
  }

  /** A new tensor with unset values, which the kernel returns. It is freed if the kernel throws. */
  output(shape: readonly number[], dtype: DataType = 'float32'): TensorInfo {
    const made = this.backend.makeOutput([...shape], dtype);
    this.#outputs.push(made);
    return made;
  }

  /** The same values for a second owner, without a copy. */
  share({ dataId, shape, dtype }: TensorInfo): TensorInfo {
    this.backend.incRef(dataId);
    return { dataId, shape, dtype };
  }

  /** Address of `floats` unset floats, freed when the kernel returns. */
  scratch(floats: number): Address {
    const made = this.backend.makeOutput([Math.max(1, floats)], 'float32');
    this.#scratch.push(made);
    return this.at(made);
  }

  /** Runs `body`, then frees the scratch it took. */
  scope(body: () => void): void {
    const before = this.#scratch.length;
    body();
    for (const tensor of this.#scratch.splice(before)) this.backend.disposeData(tensor.dataId);
  }

  /** Address of `doubles` unset doubles, freed when the kernel returns. */
  scratchDoubles(doubles: number): Address {
    return this.scratch(2 * doubles);
  }

  /** The bytes from an address on, as long as nothing is allocated. */
  bytes(at: Address, count: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, count);
  }

  readDouble(at: Address): number {
    return new DataView(this.memory.buffer).getFloat64(at, true);
  }

  writeDouble(at: Address, value: number): void {
    new DataView(this.memory.buffer).setFloat64(at, value, true);
  }

  /** The first float of a tensor. */
  readFloat(tensor: TensorInfo): number {
    return new DataView(this.memory.buffer).getFloat32(this.at(tensor), true);
  }

  /** Writes one float at the start of a tensor. */
  writeScalar(tensor: TensorInfo, value: number): void {
    new DataView(this.memory.buffer).setFloat32(this.at(tensor), value, true);
  }

  /** Zeroes `floats` floats. */
  zero(at: Address, floats: number): void {
    this.kernels.zero(at, floats * 4);
  }

  /** Writes the fields of a parameter struct of 32-bit integers; the address is good until the next call of `struct`. */
  struct(fields: Record<string, number>): Address {
    return this.structs(fields)[0];
  }

  /** As struct, of several at once: the address of each. */
  structs(...all: Record<string, number>[]): Address[] {
    const view = new DataView(this.memory.buffer, this.structAddress);
    let at = 0;
    return all.map((fields) => {
      const address = this.structAddress + at;
      for (const value of Object.values(fields)) {
        view.setInt32(at, value, true);
        at += BYTES;
      }
      return address;
    });
  }

  /** Runs `body`, then frees the scratch, and the outputs too if it threw. */
  run<T>(body: (call: Call) => T): T {
    try {
      return body(this);
    } catch (error) {
      for (const tensor of this.#outputs) this.backend.disposeData(tensor.dataId);
      throw error instanceof WasmMemoryError ? new WasmMemoryError(this.name, error.bytes) : error;
    } finally {
      for (const tensor of this.#scratch) this.backend.disposeData(tensor.dataId);
    }
  }
}

/** Opens calls on one backend. Its parameter block lives as long as the backend. */
export class Heap {
  readonly #block: TensorInfo;

  constructor(
    private readonly backend: WasmBackend,
    private readonly memory: WebAssembly.Memory,
    private readonly kernels: KernelExports,
  ) {
    this.#block = backend.makeOutput([LARGEST_STRUCT / 4], 'int32');
  }

  call<T>(name: string, body: (call: Call) => T): T {
    const structAddress = this.backend.dataIdMap.get(this.#block.dataId).memoryOffset! >>> 0;
    return new Call(name, this.kernels, this.backend, this.memory, structAddress).run(body);
  }
}
