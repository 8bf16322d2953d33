import path from 'node:path';
import { PipelineError, workingGridOf } from '@paired3d/pipeline';
import { Option, type Command } from 'commander';
import { sampleOrders, type SampleOrder } from '@paired3d/pipeline';
import { runChain, type ChainOptions } from '../chain';
import type { CliContext } from '../context';
import { MASKS, writeMasks } from '../masks';
import { atLeast, share } from '../options';
import { resolveConfig } from '../run-config';
import { addChainOptions } from '../run-options';
import { sayResult } from '../say-result';

type SynthesizeOptions = ChainOptions & {
  readonly pairs?: number;
  readonly passes?: number;
  readonly order?: SampleOrder;
  readonly given?: 'fixed';
  readonly vary?: number;
  readonly masks: boolean;
};

/** `paired3d synthesize`: synthetic pairs, named as `--train` reads them. */
export function registerSynthesize(program: Command, context: CliContext): void {
  const command = program
    .command('synthesize')
    .description('make synthetic pairs, after the stages that they build on')
    .addOption(new Option('--pairs <number>', 'how many').argParser(atLeast(1)))
    .addOption(new Option('--passes <number>', 'denoising passes a pair').argParser(atLeast(1)))
    .addOption(new Option('--order <name>', 'in which tokens are revealed').choices(sampleOrders))
    .addOption(
      new Option('--given <scan>', 'keep the fixed scan of an augmented training pair, sample the rest')
        .choices(['fixed'])
        .conflicts('vary'),
    )
    .addOption(
      new Option('--vary <share>', 'sample this share of the tokens of an augmented training pair anew').argParser(
        share,
      ),
    )
    .addOption(new Option('--masks', `write masks too, in ${MASKS}`).default(false));
  addChainOptions(command, ['train']).action(async (options: SynthesizeOptions) => {
    const { config } = await resolveConfig({ ...options, set: [...options.set, ...settingsOf(options)] });
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

/** What the command's own options set. */
function settingsOf({ pairs, passes, order, given, vary }: SynthesizeOptions): string[] {
  const kept = given ? { fixed: 1, moving: 0 } : vary === undefined ? undefined : { fixed: 1 - vary, moving: 1 - vary };
  const values = { pairs, steps: passes, order, given: kept };
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `synthesize.${name}=${JSON.stringify(value)}`);
}
