import { PipelineError } from '../errors';
import type { RunConfig } from '../run/config';
import { parseRunConfig } from '../run/parse';
import { presets } from '../run/presets';
import type { StageName } from '../run/run';
import { estimateMemory } from './estimateMemory';

/** What there is for a run, in bytes. */
export interface MemoryLimits {
  /** of a worker's tensors: 4 GiB on the wasm backend */
  readonly heap: number;
  readonly workers: number;
  /** of the machine, or what a container may have of it */
  readonly machine: number;
}

/** What a thread takes besides its tensors: the engine, TensorFlow.js, scans. */
const THREAD = 150e6;

/** Bytes of tensors of the widest stage of each preset, in a worker. */
export function presetMemory(): Record<keyof typeof presets, number> {
  const widest = (preset: unknown) => Math.max(...estimateMemory(parseRunConfig(preset)).map(({ bytes }) => bytes));
  const sizes = Object.entries(presets).map(([name, preset]) => [name, widest(preset)]);
  return Object.fromEntries(sizes) as Record<keyof typeof presets, number>;
}

/**
 * Foresees that stages do not fit, before anything is begun.
 * @throws PipelineError that names the stage, what it needs and what would fit
 */
export function checkMemory(config: RunConfig, stages: readonly StageName[], limits: MemoryLimits): void {
  const needed = estimateMemory(config).filter(({ stage }) => stages.includes(stage));
  for (const { stage, bytes, host } of needed) {
    if (bytes > limits.heap) {
      const expected = `at most ${gigabytes(limits.heap)} of tensors a worker, the limit of this backend`;
      const got = `about ${gigabytes(bytes)}`;
      throw new PipelineError({ where: stage, expected, got, advice: whatFits(config, limits.heap) });
    }
    const workers = Math.floor(limits.machine / (bytes + host + THREAD));
    if (workers >= limits.workers) continue;
    const expected = `at most ${gigabytes(limits.machine)}, the memory of this machine, for ${limits.workers} workers`;
    const got = `about ${gigabytes(bytes + host)} each`;
    const advice = workers > 0 ? `use --workers ${workers}` : whatFits(config, limits.machine - THREAD);
    throw new PipelineError({ where: stage, expected, got, advice });
  }
}

/** Presets of as many dimensions that fit, largest first. */
function whatFits({ spatialDims }: RunConfig, bytes: number): string {
  const fitting = Object.entries(presetMemory()).filter(
    ([name, needed]) => presets[name as keyof typeof presets].spatialDims === spatialDims && needed <= bytes,
  );
  const names = fitting.map(([name, needed]) => `--preset ${name} (${gigabytes(needed)})`).reverse();
  return `use ${[...names, 'coarser scans (source)', 'or another --backend'].join(', ')}`;
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
