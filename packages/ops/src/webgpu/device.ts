import { findBackendFactory, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import { setArithmetic, type Precision } from './arithmetic';
import type { WebgpuBackend, WebgpuBackendClass } from './backend';
import { WebgpuError } from './errors';
import { limitsOf, type Gpu, type GpuAdapter, type GpuAdapterInfo, type GpuDevice, type GpuLimits } from './gpu';
import { guardBackend } from './guard';
import { matrixTrouble } from './matrixCheck';
import { mendShaders } from './mendShaders';
import { poolBuffers } from './poolBuffers';
import { fittingMatrix, type SubgroupMatrix } from './subgroupMatrix';

/** npm's `webgpu`: Dawn for Node. */
export interface Dawn {
  create(options: string[]): unknown;
  readonly globals: object;
}

export interface WebgpuOptions {
  /** In Node: the module `webgpu`. In a browser, or where `navigator.gpu` exists, leave it out. */
  readonly dawn?: Dawn;
  /** Which of several cards; default the fastest. */
  readonly powerPreference?: 'high-performance' | 'low-power';
  /**
   * `mixed` rounds the factors of products (convolutions, matrices) to half precision; sums, weights and everything else stay
   * in float32. Default `float32`.
   */
  readonly precision?: Precision;
  /** Whether `mixed` may use subgroup matrices, where the adapter lists fitting ones and they compute right; default true. */
  readonly matrices?: boolean;
}

/** The device that was opened. */
export interface WebgpuDevice {
  readonly adapter: GpuAdapterInfo;
  /** In words: card and driver. */
  readonly description: string;
  /** True when the adapter computes on the processor: slower than the wasm backend. */
  readonly software: boolean;
  readonly precision: Precision;
  /** The subgroup matrices that products are computed in. */
  readonly matrix?: SubgroupMatrix;
  /** What a person should know, such as subgroup matrices that came out wrong. */
  readonly warnings: readonly string[];
  /** What was asked for of what the adapter offers. */
  readonly features: readonly string[];
  readonly limits: GpuLimits;
}

/** Asked for where the adapter offers them. */
const FEATURES = ['shader-f16', 'subgroups', 'timestamp-query'];
/** An experiment of Dawn, so for products that want it alone. */
const MATRICES = 'chromium-experimental-subgroup-matrix';

/** Dawn's switches: half precision on NVIDIA, subgroup matrices, clocks of full resolution. */
const DAWN_OPTIONS = [
  'enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia,use_vulkan_memory_model',
  'disable-dawn-features=timestamp_quantization',
];

/**
 * Opens a WebGPU device of our own, with all that its adapter allows, and makes it tfjs's current backend, `webgpu`. A
 * backend of that name from before is disposed of, and so are its tensors.
 *
 * Errors of validation and of memory, which WebGPU reports later and elsewhere, are thrown by the next kernel of ours or
 * the next read of a tensor. When the device is lost, every further call throws; call this again then.
 *
 * @param backendClass `WebGPUBackend` of `@tensorflow/tfjs-backend-webgpu`.
 * @throws WebgpuError when there is no WebGPU, no adapter, no device, or with `mixed` no half precision.
 */
export async function createWebgpuBackend(
  backendClass: WebgpuBackendClass,
  options: WebgpuOptions = {},
): Promise<WebgpuDevice> {
  const { precision = 'float32', matrices = true } = options;
  const adapter = await requestAdapter(options);
  const features = offered(adapter, FEATURES);
  if (precision === 'mixed' && !features.includes('shader-f16')) {
    const advice = 'leave precision at float32, which every device has';
    throw failure('a device with shader-f16 for mixed precision', `${descriptionOf(adapter.info)}, without`, advice);
  }
  const wanted = precision === 'mixed' && matrices ? offered(adapter, [MATRICES]) : [];
  const matrix = wanted.length > 0 ? fittingMatrix(adapter.info) : undefined;
  const device = await requestDevice(adapter, matrix ? [...features, ...wanted] : features);
  const backend = await startBackend(backendClass, device, adapter.info);
  const trouble = matrix && (await matrixTrouble(backend, matrix));
  if (trouble !== undefined) {
    const warning = `subgroup matrices are not used: ${trouble}`;
    const without = await createWebgpuBackend(backendClass, { ...options, matrices: false });
    return { ...without, warnings: [warning] };
  }
  setArithmetic(backend, { precision, matrix });
  const description = descriptionOf(adapter.info);
  const software =
    adapter.info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|basic render/i.test(description);
  const limits = limitsOf(device);
  return { adapter: infoOf(adapter.info), description, software, precision, matrix, warnings: [], features, limits };
}

/** Makes a device tfjs's current backend. */
async function startBackend(
  backendClass: WebgpuBackendClass,
  device: GpuDevice,
  info: GpuAdapterInfo,
): Promise<WebgpuBackend> {
  mendShaders(device);
  const backend = new backendClass(device as never, info as never) as WebgpuBackend;
  poolBuffers(backend);
  guardBackend(backend);
  if (findBackendFactory('webgpu')) removeBackend('webgpu');
  registerBackend('webgpu', () => backend, 3);
  if (await setBackend('webgpu')) return backend;
  const advice = 'install version 4.22 of @tensorflow/tfjs-backend-webgpu';
  throw failure('a backend that starts', 'one that does not', advice);
}

async function requestAdapter({ dawn, powerPreference = 'high-performance' }: WebgpuOptions): Promise<GpuAdapter> {
  if (dawn) offer(dawn);
  const { navigator: host } = globalThis as { navigator?: { gpu?: Gpu } };
  if (!host?.gpu) {
    const advice = "use a browser with WebGPU, or give { dawn: await import('webgpu') } in Node";
    throw failure('navigator.gpu', 'none', advice);
  }
  const adapter = await host.gpu.requestAdapter({ powerPreference });
  if (adapter) return adapter;
  const driver =
    'install the Vulkan driver of the card and what it loads (libvulkan1, for NVIDIA also libegl1 and libgl1)';
  throw failure('an adapter', 'none', `${driver}, or use the backend wasm`);
}

/** Puts Dawn where browsers have WebGPU and tfjs looks for it. Node 20 has no navigator; later ones have one without GPU. */
function offer({ create, globals }: Dawn): void {
  const host = globalThis as { navigator?: { gpu?: unknown } };
  if (host.navigator?.gpu) return;
  Object.assign(globalThis, globals);
  const gpu = create(DAWN_OPTIONS);
  if (host.navigator) Object.defineProperty(host.navigator, 'gpu', { value: gpu, configurable: true });
  else Object.defineProperty(host, 'navigator', { value: { userAgent: 'Node.js', gpu }, configurable: true });
}

function offered(adapter: GpuAdapter, names: readonly string[]): string[] {
  const all = new Set(adapter.features);
  return names.filter((name) => all.has(name));
}

async function requestDevice(adapter: GpuAdapter, requiredFeatures: string[]): Promise<GpuDevice> {
  try {
    return await adapter.requestDevice({ requiredFeatures, requiredLimits: computeLimits(adapter.limits) });
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw failure('a device with the limits of its adapter', got, 'update the driver, or use the backend wasm', cause);
  }
}

/** The adapter's limits as far as they matter to compute shaders. */
function computeLimits(limits: object): Record<string, number> {
  const wanted = /^max(Compute|BufferSize|StorageBuffer(BindingSize|sPerShaderStage))/;
  return Object.fromEntries(Object.entries(limitsOf({ limits })).filter(([name]) => wanted.test(name)));
}

function infoOf({ vendor, architecture, device, description, isFallbackAdapter }: GpuAdapterInfo): GpuAdapterInfo {
  return { vendor, architecture, device, description, isFallbackAdapter };
}

function descriptionOf({ vendor, architecture, device, description }: GpuAdapterInfo): string {
  const name = [vendor, architecture, device].filter(Boolean).join(' ');
  return [name, description].filter(Boolean).join(', ') || 'an adapter that does not say what it is';
}

function failure(expected: string, got: string, advice: string, cause?: unknown): WebgpuError {
  return new WebgpuError('createWebgpuBackend', expected, got, advice, { cause });
}
