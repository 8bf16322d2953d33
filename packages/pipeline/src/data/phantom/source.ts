import { parseConfig, phantomConfigSchema } from '../config';
import type { PhantomConfig, PhantomConfigInput } from '../config';
import { DataError } from '../errors';
import type { PairSource, Split } from '../types';
import { makePhantom } from './phantom';

/** A {@link PairSource} of phantoms. */
export interface PhantomSource extends PairSource {
  readonly config: PhantomConfig;
}

/**
 * The built-in data: pairs of two lungs with branching vessel trees before and after a random breathing motion, whose
 * amplitude and direction vary from case to case. Every pair, of training too, has landmarks; the same ones serve as
 * `cropped` and `exact`. Test cases do not depend on the number of training cases.
 *
 * @throws PipelineError when the config does not fit; `load` throws {@link DataError} for an unknown id.
 */
export function phantomSource(input: PhantomConfigInput = {}): PhantomSource {
  const config = parseConfig(phantomConfigSchema, input, 'phantom config');
  return {
    name: config.name,
    config,
    list: async (split) => phantomIds(config, split),
    load: async (split, id) => {
      const ids = phantomIds(config, split);
      const index = ids.indexOf(id);
      if (index >= 0) return makePhantom(config, split, index, id);
      throw new DataError({
        kind: 'unknown-case',
        file: `${split} phantom ${id}`,
        expected: ids.length ? `one of ${ids[0]} to ${ids[ids.length - 1]}` : 'no cases in this split',
        got: id,
        advice: 'choose a case of the config',
      });
    },
  };
}

/** Ids count through both splits, three digits as in the real data. */
function phantomIds({ cases }: PhantomConfig, split: Split): string[] {
  const first = split === 'train' ? 1 : cases.train + 1;
  return Array.from({ length: cases[split] }, (_, n) => String(first + n).padStart(3, '0'));
}
