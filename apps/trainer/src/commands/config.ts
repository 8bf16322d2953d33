import type { Command } from 'commander';
import type { CliContext } from '../context';
import { addSharedOptions } from '../options';
import { resolveConfig, type ConfigOptions } from '../run-config';
import { addDataOptions } from '../run-options';

/** `paired3d config`: the complete configuration that a run with these options has. */
export function registerConfig(program: Command, context: CliContext): void {
  const command = program
    .command('config')
    .description('print the complete configuration that a run with these options has, as JSON for --config');
  addSharedOptions(command, ['preset', 'config', 'set', 'seed', 'out', 'verbose']);
  addDataOptions(command, ['train']).action(async (options: ConfigOptions) => {
    const { config } = await resolveConfig(options);
    context.stdout.write(`${JSON.stringify(config, null, 2)}\n`);
  });
}
