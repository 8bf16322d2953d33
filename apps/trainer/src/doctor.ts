import { statfs } from 'node:fs/promises';
import os from 'node:os';
import { selectBackend, type BackendName, type SelectedBackend } from './backend';
import type { CliContext } from './context';
import { presetMemory } from '@paired3d/pipeline';
import { formatBytes } from './format';
import { WASM_HEAP, machineMemory } from './machine';
import { resolveInstalled } from './modules';
import type { SharedOptions } from './options';
import { testConv3d, type SelfTest } from './self-test';
import { version } from './version';
import { openWorkers } from './workers';

/** Everything that a report of a problem should say about the machine. */
export interface Diagnosis {
  readonly versions: { readonly paired3d: string; readonly node: string; readonly tfjs: string };
  readonly system: {
    readonly os: string;
    readonly cpu: string;
    readonly cores: number;
    /** Bytes, of the machine or of the container's limit. */
    readonly memory: number;
    readonly memoryFree: number;
  };
  readonly backend: SelectedBackend;
  /** Threads that stages compute on. */
  readonly workers: number;
  /** Whether the packages of each backend are installed. */
  readonly installed: Readonly<Record<Exclude<BackendName, 'auto'>, boolean>>;
  /** Our own kernels on the backend; all else is composed of stock ones. */
  readonly kernels: readonly string[];
  readonly conv3d: SelfTest;
  /** Bytes of tensors that the widest stage of each preset is estimated to need, in each worker. */
  readonly presets: Readonly<Record<string, number>>;
  readonly disk: { readonly folder: string; readonly free: number };
}

/**
 * Starts a backend, tries it, and looks around on the machine.
 *
 * @throws PipelineError when the backend cannot be had.
 */
export async function diagnose(
  options: Pick<SharedOptions, 'backend' | 'precision' | 'workers'>,
  context: CliContext,
): Promise<Diagnosis> {
  const selected = await selectBackend(options.backend, context.loadModule, options.precision);
  const { count: workers, warning } = openWorkers(options.workers, selected, context);
  const backend = { ...selected, warnings: [...selected.warnings, ...(warning ? [warning] : [])] };
  const tf = await import('@tensorflow/tfjs');
  const names = tf.getKernelsForBackend(tf.getBackend()).map((kernel) => kernel.kernelName);
  const folder = process.cwd();
  const { bavail, bsize } = await statfs(folder);
  return {
    versions: { paired3d: version, node: process.versions.node, tfjs: tf.version_core },
    system: {
      os: `${os.type()} ${os.release()} ${os.arch()}`,
      cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
      cores: os.availableParallelism(),
      memory: machineMemory(),
      memoryFree: Math.min(os.freemem(), machineMemory()),
    },
    backend,
    workers,
    installed: {
      wasm: true,
      webgpu: ['webgpu', '@tensorflow/tfjs-backend-webgpu'].every((p) => resolveInstalled(p) !== undefined),
      cpu: true,
      'node-gpu': resolveInstalled('@tensorflow/tfjs-node-gpu') !== undefined,
    },
    kernels: names.filter((kernel) => kernel.startsWith('Paired3d')).sort(),
    conv3d: await testConv3d(tf, options.precision),
    presets: presetMemory(),
    disk: { folder, free: bavail * bsize },
  };
}

/** What the card offers, and the limits that volumes meet first. */
function gpuRows({ gpu }: SelectedBackend): string[][] {
  if (!gpu) return [];
  const { vendor, architecture, device, description } = gpu.adapter;
  const { limits } = gpu;
  return [
    ['adapter', [vendor, architecture, device].filter(Boolean).join(', ') || 'unnamed'],
    ['driver', description || 'unnamed'],
    ['features', gpu.features.join(', ') || 'none of those that are used'],
    [
      'limits',
      `tensors ${formatBytes(Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize))}, ` +
        `workgroups ${limits.maxComputeInvocationsPerWorkgroup} threads and ${formatBytes(limits.maxComputeWorkgroupStorageSize)}, ` +
        `${limits.maxStorageBuffersPerShaderStage} buffers a shader`,
    ],
  ];
}

/** A diagnosis for a person to read. */
export function diagnosisText(d: Diagnosis): string {
  const { paired3d, node, tfjs } = d.versions;
  const installed = Object.entries(d.installed).map(([name, is]) => (is ? name : `${name} (not installed)`));
  const kernels = d.kernels.map((name) => name.replace('Paired3d', '')).join(', ') || 'none, stock ones only';
  const { conv3d } = d;
  const needs = Object.entries(d.presets).map(([name, bytes]) => `${name} ${formatBytes(bytes)}`);
  const speed = `${conv3d.gflops.toPrecision(3)} GFLOP/s at ${conv3d.size}^3, ${conv3d.channels} channels`;
  const rows = [
    ['versions', `paired3d ${paired3d}, Node ${node}, TensorFlow.js ${tfjs}`],
    ['system', d.system.os],
    ['processor', `${d.system.cpu}, ${d.system.cores} in use`],
    ['memory', `${formatBytes(d.system.memory)}, ${formatBytes(d.system.memoryFree)} free`],
    ['needs', `${needs.join(', ')} a worker${d.backend.name === 'wasm' ? `, of ${formatBytes(WASM_HEAP)}` : ''}`],
    ['disk', `${formatBytes(d.disk.free)} free in ${d.disk.folder}`],
    ['backends', installed.join(', ')],
    ['chosen', `${d.backend.name} (${d.backend.details})`],
    ...gpuRows(d.backend),
    ['workers', `${d.workers}${d.workers > 1 ? ', the samples of a batch and the items of a stage divided' : ''}`],
    ['kernels', kernels],
    ['conv3d', `${conv3d.ok ? 'right' : `WRONG by ${conv3d.maxError}`}, ${speed}`],
    ...d.backend.warnings.map((text) => ['warning', text]),
  ];
  return rows.map(([name, text]) => `${name.padEnd(10)}${text}`).join('\n');
}
