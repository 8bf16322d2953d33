import type { Command } from 'commander';
import type { CliContext } from '../context';
import { addSharedOptions, SHARED_OPTIONS, type SharedOptions } from '../options';
import { resolveConfig } from '../run-config';
import { runWholeChain } from '../whole-chain';

/** `paired3d demo`: the whole chain on phantoms, in a few minutes. */
export function registerDemo(program: Command, context: CliContext): void {
  const command = program
    .command('demo')
    .description('run the whole chain on small phantoms that are made up on the spot');
  addSharedOptions(
    command,
    SHARED_OPTIONS.filter((name) => name !== 'preset'),
  ).action(async (given: SharedOptions) => {
    const options = { ...given, preset: 'tiny' as const, out: given.out ?? 'runs/demo' };
    await runWholeChain(options, context, await resolveConfig(options));
  });
}
