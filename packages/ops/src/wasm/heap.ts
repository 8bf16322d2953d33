import { util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import { WasmMemoryError } from './errors';
import type { Address, KernelExports } from './exports';

/** What is used of `BackendWasm` (public members of @tensorflow/tfjs-backend-wasm 4). */
export interface WasmBackend {
  readonly wasm: object;
  readonly dataIdMap: { get(dataId: object): { memoryOffset: number | null } };
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
  disposeData(dataId: object): boolean;
}

const LARGEST_STRUCT = 256;

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
    const offset = (this.backend.dataIdMap.get(tensor.dataId).memoryOffset ?? 0) >>> 0;
    // tfjs goes on with address 0 when an allocation fails; the values are then someone else's.
    if (offset === 0) throw new WasmMemoryError(this.name, bytesOf(tensor.shape));
    return offset;
  }

  /** A new tensor with unset values, which the kernel returns. It is freed if the kernel throws. */
  output(shape: readonly number[], dtype: DataType = 'float32'): TensorInfo {
    const made = allocate(this.backend, this.name, shape, dtype);
    this.#outputs.push(made);
    return made;
  }

  /** Address of `floats` unset floats, freed when the kernel returns. */
  scratch(floats: number): Address {
    const made = allocate(this.backend, this.name, [Math.max(1, floats)], 'float32');
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

  readDouble(at: Address): number {
    return new DataView(this.memory.buffer).getFloat64(at, true);
  }

  writeDouble(at: Address, value: number): void {
    new DataView(this.memory.buffer).setFloat64(at, value, true);
  }

  /** Writes one float at the start of a tensor. */
  writeScalar(tensor: TensorInfo, value: number): void {
    new DataView(this.memory.buffer).setFloat32(this.at(tensor), value, true);
  }

  /** Zeroes `floats` floats. */
  zero(at: Address, floats: number): void {
    new Uint8Array(this.memory.buffer, at, floats * 4).fill(0);
  }

  /** Writes the fields of a parameter struct of 32-bit integers; the address is good until the next call of `struct`. */
  struct(fields: Record<string, number>): Address {
    const values = Object.values(fields);
    new Int32Array(this.memory.buffer, this.structAddress, values.length).set(values);
    return this.structAddress;
  }

  /** Runs `body`, then frees the scratch, and the outputs too if it threw. */
  run<T>(body: (call: Call) => T): T {
    let done = false;
    try {
      const result = body(this);
      done = true;
      return result;
    } finally {
      for (const tensor of this.#scratch) this.backend.disposeData(tensor.dataId);
      if (!done) for (const tensor of this.#outputs) this.backend.disposeData(tensor.dataId);
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
    this.#block = allocate(backend, 'registerWasmKernels', [LARGEST_STRUCT / 4], 'int32');
  }

  call<T>(name: string, body: (call: Call) => T): T {
    const structAddress = this.backend.dataIdMap.get(this.#block.dataId).memoryOffset! >>> 0;
    return new Call(name, this.kernels, this.backend, this.memory, structAddress).run(body);
  }
}

function bytesOf(shape: readonly number[]): number {
  return util.sizeFromShape(shape as number[]) * 4;
}

function allocate(backend: WasmBackend, where: string, shape: readonly number[], dtype: DataType): TensorInfo {
  const bytes = bytesOf(shape);
  // The allocator takes 32-bit sizes: a larger one would silently wrap around to a small block.
  if (bytes > 0xffffffff) throw new WasmMemoryError(where, bytes);
  const made = backend.makeOutput([...shape], dtype);
  if (backend.dataIdMap.get(made.dataId).memoryOffset) return made;
  backend.disposeData(made.dataId);
  throw new WasmMemoryError(where, bytes);
}
