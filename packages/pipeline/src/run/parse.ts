import type { z } from 'zod';
import type { Size3 } from '../data/types';
import { workingGridOf } from '../data/workingGrid';
import { PipelineError } from '../errors';
import { augmentationOf, runConfigSchema, type RunConfig } from './config';

/**
 * Validates a configuration and fills its defaults in.
 * @throws PipelineError naming the first setting that is wrong, and how many more are
 */
export function parseRunConfig(input: unknown): RunConfig {
  const result = runConfigSchema.safeParse(input);
  if (result.success) return checked(inPlane(result.data));
  const [issue, ...others] = result.error.issues;
  const { expected, got } = describe(issue);
  throw new PipelineError({
    where: `configuration, ${issue.path.join('.') || 'top level'}`,
    expected,
    got: others.length > 0 ? `${got} (and ${others.length} more)` : got,
    advice: 'correct --config or --set; `paired3d config --preset tiny` prints a complete configuration',
    cause: result.error,
  });
}

function describe(issue: z.core.$ZodIssue): { expected: string; got: string } {
  if (issue.code === 'unrecognized_keys') return { expected: 'known settings', got: issue.keys.join(', ') };
  // zod's wording, split where ours is: `Invalid input: expected number, received string`, `Too small: expected number to be >0`
  const [, expected, got] = /expected (.+?)(?:, received (.+))?$/.exec(issue.message) ?? [];
  return {
    expected: expected ?? 'a valid setting',
    got: got ?? issue.message.replace(/: expected.*$/, '').toLowerCase(),
  };
}

/** @throws PipelineError for settings that do not go together */
function checked(config: RunConfig): RunConfig {
  const { source, evaluation, motion, vqae } = config;
  const { labels } = workingGridOf(source);
  const { coding } = vqae.model;
  if (motion && coding !== 'separate') {
    throw new PipelineError({
      where: 'configuration, vqae.model.coding',
      expected: "'separate', since motion moves a fixed scan that has tokens of its own",
      got: `'${coding}'`,
      advice: 'set it, or motion=null',
    });
  }
  refuseAmplitude(config);
  const asked = motion ? 'motion' : (['optimise', 'refine'] as const).find((name) => evaluation[name] !== 'none');
  if (labels === 1 || !asked) return config;
  throw new PipelineError({
    where: `configuration, ${asked === 'motion' ? asked : `evaluation.${asked}`}`,
    expected: asked === 'motion' ? 'null for maps of several labels' : "'none' for maps of several labels",
    got: asked === 'motion' ? `settings and ${labels} labels` : `'${evaluation[asked]}' and ${labels} labels`,
    advice: `the instance optimisation registers masks and scans; set it to ${asked === 'motion' ? 'null' : 'none'}`,
  });
}

/** @throws PipelineError where an augmentation has an amplitude and there is no motion that it could scale */
function refuseAmplitude(config: RunConfig): void {
  for (const stage of ['vqae', 'tokenize', 'registration'] as const) {
    const { amplitude } = augmentationOf(config[stage].augmentation);
    if (!amplitude || (stage === 'tokenize' && config.motion)) continue;
    throw new PipelineError({
      where: `configuration, ${stage}.augmentation.amplitude`,
      expected: 'none, since only tokens of motion can be told to move more or less',
      got: `${amplitude}`,
      advice: stage === 'tokenize' ? 'leave it out, or set motion' : 'leave it out; tokenize.augmentation may have one',
    });
  }
}

/** With `spatialDims: 2` a phantom of size [I, J, K] becomes its coronal plane [1, I, K]. */
function inPlane(config: RunConfig): RunConfig {
  const { source, spatialDims } = config;
  if (spatialDims === 3 || source.kind !== 'phantom' || source.size[0] === 1) return config;
  const [i, , k] = source.size;
  return { ...config, source: { ...source, size: [1, i, k] } };
}

/** Millimetres a voxel of the working grid, along i, j, k. */
export function workingSpacing({ source }: RunConfig): Size3 {
  return workingGridOf(source).spacing;
}
