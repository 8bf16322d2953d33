import { createProgram, runProgram } from '../program';
import { testContext } from '.';

/** Runs a command line within this process; gives its exit code and what it wrote. */
export async function paired3d(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const context = testContext(...args);
  const exitCode = await runProgram(createProgram(context), context, () => undefined);
  return { exitCode, stdout: context.stdout.text, stderr: context.stderr.text };
}

/** `--set` arguments of settings. */
export function sets(settings: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(settings).flatMap(([path, value]) => ['--set', `${path}=${JSON.stringify(value)}`]);
}

/** Settings with which files of 16 voxels each way are the working grid. */
export const ownGrid = sets({ 'source.dataset.frame': null, 'source.dataset.pool': 1 });

/** Settings that make every stage take a step or two. */
export const shortest = sets({
  'source.size': [16, 16, 16],
  'source.spacing': 12,
  'source.cases': { train: 2, test: 1 },
  validation: 1,
  'vqae.steps': 2,
  'vqae.crop': 16,
  'tokenize.variants': 1,
  'diffusion.steps': 2,
  'synthesize.pairs': 2,
  'synthesize.steps': 2,
  'registration.steps': 1,
  'registration.tta.iterations': 2,
});
