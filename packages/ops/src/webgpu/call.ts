import { util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import { arithmeticOf, type Arithmetic } from './arithmetic';
import type { WebgpuBackend } from './backend';
import { WebgpuError, WebgpuLimitError } from './errors';
import { limitsOf, type GpuBuffer, type GpuDevice, type GpuLimits, type GpuPipeline } from './gpu';
import { checkHealth } from './guard';
import { each, folded, source, uniforms, type Program } from './program';

/** GPUBufferUsage.COPY_DST | GPUBufferUsage.UNIFORM */
const UNIFORM = 0x8 | 0x40;
/** Commands that are recorded before they are sent off. More save time on the way; fewer give buffers back sooner. */
const BATCH = 32;

interface Compiled {
  readonly pipeline: GpuPipeline;
  readonly layout: object;
}

/** What is asked of a device again and again, each time at a price. */
interface Known {
  readonly limits: GpuLimits;
  readonly programs: Map<string, Compiled>;
  readonly lasting: Map<string, TensorInfo>;
}

const known = new WeakMap<GpuDevice, Known>();

function knownOf(device: GpuDevice): Known {
  let found = known.get(device);
  if (!found) known.set(device, (found = { limits: limitsOf(device), programs: new Map(), lasting: new Map() }));
  return found;
}

/** `count` float32 values of a tensor, to a place in another one. */
export interface Copy {
  readonly from: TensorInfo;
  readonly fromAt: number;
  readonly to: TensorInfo;
  readonly toAt: number;
  readonly count: number;
}

/** One kernel call: it takes tensors from the backend and records programs behind those of tfjs. */
export class Call {
  readonly #outputs: TensorInfo[] = [];
  readonly #scratch: TensorInfo[] = [];

  constructor(
    readonly name: string,
    private readonly backend: WebgpuBackend,
  ) {}

  get arithmetic(): Arithmetic {
    return arithmeticOf(this.backend);
  }

  /** The value of one of the device's limits, e.g. `maxComputeWorkgroupStorageSize`. */
  limit(name: string): number {
    return knownOf(this.backend.device).limits[name];
  }

  /** A new tensor with unset values, which the kernel returns. It is freed if the kernel throws. */
  output(shape: readonly number[], dtype: DataType = 'float32'): TensorInfo {
    const made = this.backend.makeTensorInfo([...shape], dtype);
    this.#outputs.push(made);
    return made;
  }

  /** The same values for a second owner, without a copy. */
  share({ dataId, shape, dtype }: TensorInfo): TensorInfo {
    this.backend.incRef(dataId);
    return { dataId, shape, dtype };
  }

  /** A tensor with unset values, freed when the kernel returns. */
  scratch(shape: readonly number[], dtype: DataType = 'float32'): TensorInfo {
    const made = this.backend.makeTensorInfo([...shape], dtype);
    this.#scratch.push(made);
    return made;
  }

  /** A tensor of this name that stays with the device, with unset values at first. */
  lasting(name: string, shape: readonly number[], dtype: DataType): TensorInfo {
    const { lasting } = knownOf(this.backend.device);
    let found = lasting.get(name);
    if (!found) lasting.set(name, (found = this.backend.makeTensorInfo([...shape], dtype)));
    return found;
  }

  /** Records a program. One without workgroups does nothing. */
  run(given: Program): void {
    if (given.workgroups === 0) return;
    const { backend } = this;
    const reads = Object.entries(given.reads).map(([name, tensor]) => [name, this.#asFloats(tensor)] as const);
    const program = { ...given, reads: Object.fromEntries(reads) };
    const tensors = [...Object.values(program.writes), ...Object.values(program.reads)];
    this.#checkSizes(program, tensors);
    const resources = tensors.map((tensor) => ({ buffer: this.#bufferOf(tensor) }));
    const values = uniforms(program);
    const buffer = backend.bufferManager.acquireBuffer(values.byteLength, UNIFORM);
    backend.device.queue.writeBuffer(buffer, 0, values);
    backend.uniformPendingDisposal.push(buffer);
    this.#record(program, [...resources, { buffer }]);
  }

  /** Records copies of values. */
  copy(copies: readonly Copy[]): void {
    const { backend } = this;
    const buffers = copies.map(({ from, to }) => [this.#bufferOf(this.#asFloats(from)), this.#bufferOf(to)]);
    backend.ensureCommandEncoderReady();
    backend.endComputePassEncoder(); // copies are outside of passes
    copies.forEach(({ fromAt, toAt, count }, i) => {
      const [from, to] = buffers[i];
      backend.commandEncoder!.copyBufferToBuffer(from, 4 * fromAt, to, 4 * toAt, 4 * count);
    });
  }

  #bufferOf({ dataId }: TensorInfo): GpuBuffer {
    this.backend.uploadToGPU(dataId);
    this.backend.commandQueueOwnedIds.add(dataId);
    return this.backend.tensorMap.get(dataId).resource!;
  }

  /** A cast of whole numbers or booleans to float32 costs tfjs nothing: the buffer keeps what it holds. */
  #asFloats(x: TensorInfo): TensorInfo {
    if (x.dtype !== 'float32' || this.backend.tensorMap.get(x.dataId).dtype === 'float32') return x;
    const y = this.scratch(x.shape);
    const whole = { ...x, dtype: 'int32' } as const;
    const code = 'fn element(i: i32) { y[i] = f32(x[i]); }';
    this.run(each(util.sizeFromShape(x.shape), { name: 'cast', reads: { x: whole }, writes: { y }, code }));
    return y;
  }

  #record(program: Program, resources: object[]): void {
    const { backend } = this;
    const most = this.limit('maxComputeWorkgroupsPerDimension');
    const workgroups = folded(program.workgroups, most);
    if (!workgroups) {
      const limit = 'maxComputeWorkgroupsPerDimension, squared';
      throw new WebgpuLimitError(this.name, limit, most * most, program.workgroups);
    }
    const { pipeline, layout } = this.#compiled(program);
    const entries = resources.map((resource, binding) => ({ binding, resource }));
    backend.ensureCommandEncoderReady();
    backend.computePassEncoder ??= backend.commandEncoder!.beginComputePass();
    backend.computePassEncoder.setPipeline(pipeline);
    backend.computePassEncoder.setBindGroup(0, backend.device.createBindGroup({ layout, entries }));
    backend.computePassEncoder.dispatchWorkgroups(...workgroups);
    if (++backend.dispatchCountInPass < BATCH) return;
    backend.endComputePassEncoder();
    backend.submitQueue();
  }

  #compiled(program: Program): Compiled {
    const { device } = this.backend;
    const { programs } = knownOf(device);
    const code = source(program);
    let compiled = programs.get(code);
    if (!compiled) {
      const label = `${this.name} ${program.name}`;
      const module = device.createShaderModule({ code, label });
      const pipeline = device.createComputePipeline({ compute: { module, entryPoint: 'main' }, label, layout: 'auto' });
      programs.set(code, (compiled = { pipeline, layout: pipeline.getBindGroupLayout(0) }));
    }
    return compiled;
  }

  #checkSizes(program: Program, tensors: readonly TensorInfo[]): void {
    const empty = tensors.find(({ shape }) => util.sizeFromShape(shape) === 0);
    if (empty) {
      throw new WebgpuError(this.name, 'tensors with values', `[${empty.shape}]`, 'leave empty tensors out');
    }
    const buffers = this.limit('maxStorageBuffersPerShaderStage');
    if (tensors.length > buffers) {
      throw new WebgpuLimitError(this.name, 'maxStorageBuffersPerShaderStage', buffers, tensors.length);
    }
    const threads = this.limit('maxComputeInvocationsPerWorkgroup');
    if (program.threads > threads) {
      throw new WebgpuLimitError(this.name, 'maxComputeInvocationsPerWorkgroup', threads, program.threads);
    }
  }

  /** Runs `body`, then frees the scratch, and the outputs too if it threw. */
  static open<T>(name: string, backend: WebgpuBackend, body: (call: Call) => T): T {
    checkHealth(backend, name);
    const call = new Call(name, backend);
    try {
      return body(call);
    } catch (error) {
      for (const tensor of call.#outputs) backend.disposeData(tensor.dataId);
      throw error instanceof WebgpuLimitError && error.where === 'webgpu'
        ? new WebgpuLimitError(name, error.limit, error.most, error.asked)
        : error;
    } finally {
      for (const tensor of call.#scratch) backend.disposeData(tensor.dataId);
    }
  }
}
