import path from 'node:path';
import { Argument, Option, type Command } from 'commander';
import type { ModelName, StageName } from '@paired3d/pipeline';
import { runChain, type ChainOptions } from '../chain';
import type { CliContext } from '../context';
import { sayResult } from '../say-result';
import { resolveConfig } from '../run-config';
import { addChainOptions } from '../run-options';

type TrainOptions = ChainOptions & { readonly on: 'synthetic' | 'real' };

/** `paired3d train vqae | diffusion | registration`: one model, and what it builds on. */
export function registerTrain(program: Command, context: CliContext): void {
  const command = program
    .command('train')
    .description('train one model, after the stages that it builds on')
    .addArgument(new Argument('<model>', 'which one').choices(['vqae', 'diffusion', 'registration']))
    .addOption(
      new Option('--on <pairs>', 'pairs to train the registration network on')
        .choices(['synthetic', 'real'])
        .default('synthetic'),
    )
    .option('--start <folder>', 'a registration network, trained at any resolution, whose weights to begin with')
    .addOption(new Option('--tokens <folder>', 'token grids to train the diffusion model on, from `convert`'));
  addChainOptions(command, ['train']).action(async (model: ModelName, options: TrainOptions) => {
    if (options.tokens !== undefined && model !== 'diffusion') {
      command.error(`error: --tokens is for the diffusion model, not for '${model}'`);
    }
    if (options.start !== undefined && model !== 'registration') {
      command.error(`error: --start is for the registration network, not for '${model}'`);
    }
    const target: StageName = model === 'registration' && options.on === 'real' ? 'registration-real' : model;
    const { config } = await resolveConfig(options);
    await runChain({ options, context, config }, [target], async () => {});
    sayResult(options, context, `${model} model`, { folder: path.join(options.out, target) });
  });
}
