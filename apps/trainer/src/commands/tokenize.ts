import path from 'node:path';
import type { Command } from 'commander';
import { runChain, type ChainOptions } from '../chain';
import type { CliContext } from '../context';
import { sayResult } from '../say-result';
import { resolveConfig } from '../run-config';
import { addChainOptions } from '../run-options';

/** `paired3d tokenize`: token grids of the training pairs. */
export function registerTokenize(program: Command, context: CliContext): void {
  const command = program.command('tokenize').description('turn the training pairs into tokens with the autoencoder');
  addChainOptions(command, ['train']).action(async (options: ChainOptions) => {
    const { config } = await resolveConfig(options);
    await runChain({ options, context, config }, ['tokens'], async () => {});
    sayResult(options, context, 'tokens', { folder: path.join(options.out, 'tokens') });
  });
}
