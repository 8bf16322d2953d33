import { Option, type Command } from 'commander';
import type { ModelName, WeightType } from '@paired3d/pipeline';
import type { CliContext } from '../context';
import { kindMissing, readCheckpoint, writeModelFolder, writeTensors, writeTokens } from '../convert';
import { addSharedOptions, atLeast, type SharedOptions } from '../options';
import { resolveConfig } from '../run-config';
import { withRun } from '../run-folder';
import { sayResult } from '../say-result';

type ConvertOptions = Omit<SharedOptions, 'seed' | 'backend' | 'out'> & {
  readonly out: string;
  readonly kind?: ModelName | 'tokens';
  readonly dtype: WeightType;
  readonly holdOut: number;
};

/** `paired3d convert`: checkpoints of PyTorch, safetensors files and model folders, one into the other. */
export function registerConvert(program: Command, context: CliContext): void {
  const command = program
    .command('convert')
    .description('turn checkpoints of PyTorch into model folders or safetensors files, and back')
    .argument('<from>', 'a .pth file, a safetensors file, or a model folder')
    .addOption(
      new Option('--kind <name>', 'what it holds, to make a folder of it').choices([
        'vqae',
        'diffusion',
        'registration',
        'tokens',
      ]),
    )
    .addOption(new Option('--dtype <type>', 'of the weights that are written').choices(['f32', 'f16']).default('f32'))
    .addOption(
      new Option('--hold-out <n>', 'of tokens: keep every n-th grid, from the first, for validation')
        .argParser(atLeast(0))
        .default(0),
    );
  addSharedOptions(command, ['preset', 'config', 'set', 'json', 'verbose', 'quiet'], ['out']);
  command.action(async (from: string, options: ConvertOptions) => {
    const { out, dtype: type, holdOut } = options;
    const checkpoint = await readCheckpoint(from);
    if (out.endsWith('.safetensors')) {
      await writeTensors(out, checkpoint, type);
      return sayResult(options, context, 'weights', { folder: out });
    }
    const kind = options.kind ?? (checkpoint.kind as ModelName | undefined);
    if (!kind) throw kindMissing(from);
    // The sizes of the original networks, unless other settings are given.
    const { preset, config: file, set } = options;
    const { config } = await resolveConfig({ preset, config: file, set }, 'paper');
    await withRun({ ...options, backend: 'cpu' }, context, async ({ storage }) => {
      if (kind !== 'tokens') {
        await writeModelFolder(storage, { ...checkpoint, from }, { kind, config, type });
        return sayResult(options, context, `${kind} model`, { folder: out });
      }
      const counts = await writeTokens(storage, checkpoint, config, holdOut);
      sayResult(options, context, `tokens (${counts.train} to train on, ${counts.validation} held out)`, {
        folder: out,
        ...counts,
      });
    });
  });
}
