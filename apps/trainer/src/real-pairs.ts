import { PipelineError, throwIfAborted, type PreparedPair, type RunConfig } from '@paired3d/pipeline';
import { setTimeout } from 'node:timers/promises';
import { openPairs } from './pair-source';

/**
 * The real pairs that synthetic ones are compared with: the training scans of a folder, or the phantoms of a configuration.
 *
 * @throws PipelineError when there is no folder for scans, one for phantoms, or files that do not fit.
 */
export async function openRealPairs(
  config: RunConfig,
  folder: string | undefined,
  signal: AbortSignal,
): Promise<PreparedPair[]> {
  const onPhantoms = config.source.kind === 'phantom';
  if (onPhantoms === (folder !== undefined)) {
    throw new PipelineError({
      where: '--real',
      expected: onPhantoms ? 'no folder: the synthetic pairs were made from phantoms' : 'the folder of the real pairs',
      got: folder ?? 'none',
      advice: onPhantoms ? 'leave it out, or choose --preset small' : 'give the training pairs',
    });
  }
  const source = await openPairs(config, { train: folder }, onPhantoms ? [] : ['train'], signal);
  const pairs: PreparedPair[] = [];
  for (const id of await source.list('train')) {
    await setTimeout(0); // signals are heard only between two pairs
    throwIfAborted(signal, 'real pairs');
    pairs.push(await source.load('train', id));
  }
  return pairs;
}
