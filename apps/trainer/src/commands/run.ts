import type { Command } from 'commander';
import type { ChainOptions } from '../chain';
import type { CliContext } from '../context';
import { resolveConfig } from '../run-config';
import { addChainOptions } from '../run-options';
import { runWholeChain } from '../whole-chain';

/** `paired3d run`: every stage, from scans to the error in millimetres, with a report. */
export function registerRun(program: Command, context: CliContext): void {
  const command = program
    .command('run')
    .description('run every stage on your scans (without --train: on phantoms) and write a report');
  addChainOptions(command).action(async (options: ChainOptions) => {
    await runWholeChain(options, context, await resolveConfig(options));
  });
}
