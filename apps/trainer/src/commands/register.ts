import path from 'node:path';
import { Option, type Command } from 'commander';
import { Interrupted, openRegistration, readModel } from '@paired3d/pipeline';
import type { CliContext } from '../context';
import { formatDuration } from '../format';
import { openModel } from '../model-folders';
import { addSharedOptions, atLeast, type SharedOptions } from '../options';
import { poolingTo, registerScans } from '../register-scans';
import { resolveConfig } from '../run-config';
import { withRun } from '../run-folder';
import { readScanPair } from '../scan-pair';

type RegisterOptions = Omit<SharedOptions, 'out' | 'seed'> & {
  readonly registration: string;
  readonly tta: number;
  readonly frame: 'lung250m' | 'none';
  readonly out?: string;
};

/** `paired3d register`: one pair of scans, with a trained network. */
export function registerRegister(program: Command, context: CliContext): void {
  const command = program
    .command('register')
    .description('register one scan to another with a trained network')
    .argument('<fixed>', 'the scan that stays, NIfTI')
    .argument('<moving>', 'the scan that is warped onto it, NIfTI')
    .requiredOption('--registration <folder>', 'the trained registration network')
    .addOption(
      new Option('--tta <iterations>', 'adapt the network to this pair first').argParser(atLeast(0)).default(0),
    )
    .addOption(
      new Option('--frame <name>', 'lung250m: scans are prepared as for training; none: they lie on its grid already')
        .choices(['lung250m', 'none'])
        .default('lung250m'),
    );
  addSharedOptions(command, ['preset', 'config', 'set', 'backend', 'out', 'json', 'verbose', 'quiet']);
  command.action(async (fixed: string, moving: string, options: RegisterOptions) => {
    const { out = 'registered', frame, tta } = options;
    const { preset, config: file, set } = options;
    const { config } = await resolveConfig({ preset, config: file, set }, 'small');
    const model = await openModel('registration', options.registration);
    const scans = await readScanPair({ fixed, moving }, config, frame);
    const { size } = (await readModel(model, 'registration')).config as { size: readonly number[] };
    const pool = poolingTo(size, scans.pair.size, fixed);
    const { learningRate } = config.registration.tta;
    const { diceThreshold } = config;
    const { signal } = context;
    const result = await withRun({ ...options, out }, context, async ({ storage }) => {
      const network = await openRegistration(model);
      try {
        return await registerScans(network, scans, { tta, learningRate, diceThreshold, pool, signal }, storage);
      } catch (error) {
        if (signal.aborted) throw new Interrupted('registration');
        throw error;
      } finally {
        network.dispose();
      }
    });
    const files = { warped: path.join(out, 'warped.nii.gz'), displacement: path.join(out, 'displacement.nii.gz') };
    if (options.json) {
      context.stdout.write(`${JSON.stringify({ type: 'result', ...result, ...files })}\n`);
      return;
    }
    const { diceBefore, diceAfter, folding, seconds } = result;
    context.stdout.write(
      `Dice: ${diceBefore.toFixed(3)} before, ${diceAfter.toFixed(3)} after; ${folding.toFixed(2)} % of voxels folded\n` +
        `time: ${seconds < 10 ? `${seconds.toFixed(1)} s` : formatDuration(seconds)}\n` +
        `warped: ${files.warped}\ndisplacement: ${files.displacement}\n`,
    );
  });
}
