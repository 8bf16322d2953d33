import path from 'node:path';
import { PipelineError, workingGridOf } from '@paired3d/pipeline';
import { Option, type Command } from 'commander';
import { runChain, type ChainOptions } from '../chain';
import type { CliContext } from '../context';
import { MASKS, writeMasks } from '../masks';
import { atLeast } from '../options';
import { resolveConfig } from '../run-config';
import { addChainOptions } from '../run-options';
import { sayResult } from '../say-result';

type SynthesizeOptions = ChainOptions & { readonly pairs?: number; readonly masks: boolean };

/** `paired3d synthesize`: synthetic pairs, named as `--train` reads them. */
export function registerSynthesize(program: Command, context: CliContext): void {
  const command = program
    .command('synthesize')
    .description('make synthetic pairs, after the stages that they build on')
    .addOption(new Option('--pairs <number>', 'how many').argParser(atLeast(1)))
    .addOption(new Option('--masks', `write masks too, in ${MASKS}`).default(false));
  addChainOptions(command, ['train']).action(async (options: SynthesizeOptions) => {
    const { pairs } = options;
    const set = pairs === undefined ? options.set : [...options.set, `synthesize.pairs=${pairs}`];
    const { config } = await resolveConfig({ ...options, set });
    const { labels } = workingGridOf(config.source);
    if (options.masks && labels > 1) {
      const advice = 'leave it out: `synthetic` has the maps themselves';
      const got = `maps of ${labels} labels`;
      throw new PipelineError({ where: '--masks', expected: 'pairs of probabilities', got, advice });
    }
    await runChain({ options, context, config }, ['synthetic'], async ({ storage }) => {
      if (options.masks) await writeMasks(storage, config.diceThreshold);
    });
    const folder = path.join(options.out, 'synthetic');
    const masks = options.masks ? path.join(options.out, MASKS) : undefined;
    const facts = { folder, pairs: config.synthesize.pairs, ...(masks && { masks }) };
    sayResult(options, context, `${config.synthesize.pairs} synthetic pairs`, facts);
    if (masks && !options.json) context.stdout.write(`their masks: ${masks}\n`);
  });
}
