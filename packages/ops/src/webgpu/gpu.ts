/*
 * What is used of WebGPU (https://www.w3.org/TR/webgpu) and of tfjs's backend, so that neither has to be installed for
 * types. `GPU`, `GPUAdapter` and the like of a browser and of npm's `webgpu` satisfy these.
 */

/** `navigator.gpu`. */
export interface Gpu {
  requestAdapter(options?: { powerPreference?: 'high-performance' | 'low-power' }): Promise<GpuAdapter | null>;
}

/** Names a card and its driver, as far as the implementation tells. */
export interface GpuAdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
  /** Threads of the largest subgroup. */
  readonly subgroupMaxSize?: number;
  /** Of Dawn, where it has subgroup matrices: M x K times K x N. */
  readonly subgroupMatrixConfigs?: Iterable<{
    readonly M: number;
    readonly N: number;
    readonly K: number;
    readonly componentType: string;
    readonly resultComponentType: string;
  }>;
}

/** Numbers such as `maxBufferSize`; they lie on the prototype, so `for in` lists them and `Object.keys` does not. */
export type GpuLimits = Readonly<Record<string, number>>;

export interface GpuAdapter {
  readonly info: GpuAdapterInfo;
  readonly features: Iterable<string>;
  readonly limits: object;
  requestDevice(descriptor: { requiredFeatures: string[]; requiredLimits: Record<string, number> }): Promise<GpuDevice>;
}

export interface GpuBuffer {
  readonly size: number;
  readonly usage: number;
  mapAsync(mode: number, offset: number, size: number): Promise<unknown>;
  getMappedRange(offset: number, size: number): ArrayBuffer;
  unmap(): void;
  destroy(): void;
}

export interface GpuPipeline {
  getBindGroupLayout(index: number): object;
}

export interface GpuPass {
  setPipeline(pipeline: GpuPipeline): void;
  setBindGroup(index: number, group: object): void;
  dispatchWorkgroups(x: number, y?: number): void;
}

export interface GpuDevice {
  readonly features: { has(name: string): boolean };
  readonly limits: object;
  readonly lost: Promise<{ readonly reason?: string; readonly message: string }>;
  readonly queue: {
    writeBuffer(buffer: GpuBuffer, offset: number, data: ArrayBuffer | ArrayBufferView): void;
    onSubmittedWorkDone(): Promise<unknown>;
  };
  createShaderModule(descriptor: { code: string; label?: string }): object;
  createComputePipeline(descriptor: object): GpuPipeline;
  createBindGroup(descriptor: object): object;
  createBuffer(descriptor: { size: number; usage: number; mappedAtCreation?: boolean }): GpuBuffer;
  addEventListener(type: 'uncapturederror', listener: (event: { error: { message: string } }) => void): void;
  destroy(): void;
}

/** The limits of an adapter or a device. */
export function limitsOf({ limits }: { limits: object }): GpuLimits {
  const numbers: Record<string, number> = {};
  for (const name in limits) {
    const value = (limits as Record<string, unknown>)[name];
    if (typeof value === 'number') numbers[name] = value;
  }
  return numbers;
}
