import path from 'node:path';
import { Option, type Command } from 'commander';
import {
  Interrupted,
  openRegistration,
  PipelineError,
  poolingTo,
  readModel,
  registerMethods,
  registerPair,
  RESOLUTION,
  type Registered,
  type RegisterMethod,
  type RunConfig,
  type ScanPair,
  type Storage,
} from '@paired3d/pipeline';
import { OPTIMISE_PRESETS, type OptimisePreset } from '@paired3d/registration';
import type { CliContext } from '../context';
import { formatDuration } from '../format';
import { openModel } from '../model-folders';
import { addSharedOptions, atLeast, type SharedOptions } from '../options';
import { registrationReport } from '../register-report';
import { writeRegistration } from '../register-scans';
import { resolveConfig } from '../run-config';
import { withRun } from '../run-folder';
import { readScanPair } from '../scan-pair';

type RegisterOptions = Omit<SharedOptions, 'out' | 'seed'> & {
  readonly method?: RegisterMethod;
  readonly optimisePreset?: OptimisePreset;
  readonly registration?: string;
  readonly tta?: number;
  readonly frame: 'lung250m' | 'none';
  readonly out?: string;
};

/** Iterations of test-time adaptation, as published. */
const TTA = 50;

/** `paired3d register`: one pair of scans, by optimisation or with a trained network. */
export function registerRegister(program: Command, context: CliContext): void {
  const command = program
    .command('register')
    .description('register one scan to another, by optimisation or with a trained network')
    .argument('<fixed>', 'the scan that stays, NIfTI')
    .argument('<moving>', 'the scan that is warped onto it, NIfTI')
    .addOption(
      new Option(
        '--method <name>',
        'optimise needs no network; tta adapts the network to this pair; without it: network with --registration, else optimise',
      ).choices(registerMethods),
    )
    .addOption(
      new Option(
        '--optimise-preset <name>',
        'how thoroughly the methods with optimise do it: accurate, or refine where a network begins, when left out',
      ).choices(Object.keys(OPTIMISE_PRESETS)),
    )
    .option('--registration <folder>', 'the trained registration network')
    .addOption(
      new Option('--tta <iterations>', `of network+tta, which it asks for; ${TTA} when left out`).argParser(atLeast(0)),
    )
    .addOption(
      new Option('--frame <name>', 'lung250m: scans are prepared as for training; none: they share a grid as they are')
        .choices(['lung250m', 'none'])
        .default('lung250m'),
    );
  addSharedOptions(command, ['preset', 'config', 'set', 'backend', 'precision', 'out', 'json', 'verbose', 'quiet']);
  command.action(async (fixed: string, moving: string, options: RegisterOptions) => {
    const { out = 'registered', preset, config: file, set } = options;
    const method = methodOf(options);
    const { config } = await resolveConfig({ preset, config: file, set }, 'small');
    const model =
      options.registration === undefined ? undefined : await openModel('registration', options.registration);
    const optimise = method.endsWith('optimise');
    const scans = await readScanPair({ fixed, moving }, config, {
      frame: options.frame,
      intensities: method === 'optimise',
      resolution: optimise ? RESOLUTION : undefined,
    });
    if (model) await checkGrid(model, scans, fixed);
    const result = await registerAndWrite({ ...options, out, method }, context, config, model, scans);
    sayRegistered(result, out, options, context);
  });
}

/** The method asked for, or meant. */
function methodOf({ method, registration, tta }: RegisterOptions): RegisterMethod {
  const meant = method ?? (registration === undefined ? 'optimise' : tta ? 'network+tta' : 'network');
  if ((meant === 'optimise') === (registration === undefined)) return meant;
  throw new PipelineError({
    where: `--method ${meant}`,
    expected: meant === 'optimise' ? 'no --registration' : 'a trained network',
    got: registration ?? 'none',
    advice: meant === 'optimise' ? 'use --method network+optimise, or leave one out' : 'add --registration <folder>',
  });
}

async function checkGrid(model: Storage, { pair }: ScanPair, name: string): Promise<void> {
  const { size } = (await readModel(model, 'registration')).config as { size: readonly number[] };
  poolingTo(size, pair.size, name);
}

function registerAndWrite(
  options: RegisterOptions & { readonly out: string; readonly method: RegisterMethod },
  context: CliContext,
  { registration, diceThreshold }: RunConfig,
  model: Storage | undefined,
  scans: ScanPair,
): Promise<Registered> {
  const { signal } = context;
  const { learningRate } = registration.tta;
  const { method, tta = TTA, optimisePreset: preset = method === 'optimise' ? 'accurate' : 'refine' } = options;
  const settings = { method, preset, tta, learningRate, diceThreshold, signal };
  return withRun(options, context, async ({ storage, backend }) => {
    const network = model && (await openRegistration(model));
    try {
      const found = await registerPair(scans, network, settings);
      await writeRegistration(found, scans, storage);
      const page = registrationReport(found, scans, settings, context.args, backend.name);
      await storage.write('report.html', new TextEncoder().encode(page));
      return found.registered;
    } catch (error) {
      if (signal.aborted) throw new Interrupted('registration');
      throw error;
    } finally {
      network?.dispose();
    }
  });
}

function sayRegistered(result: Registered, out: string, { json }: RegisterOptions, { stdout }: CliContext): void {
  const at = (name: string) => path.join(out, name);
  const files = { warped: at('warped.nii.gz'), displacement: at('displacement.nii.gz'), report: at('report.html') };
  if (json) {
    stdout.write(`${JSON.stringify({ type: 'result', ...result, ...files })}\n`);
    return;
  }
  const { diceBefore, diceAfter, folding, seconds } = result;
  stdout.write(
    `Dice: ${diceBefore.toFixed(3)} before, ${diceAfter.toFixed(3)} after; ${folding.toFixed(2)} % of voxels folded\n` +
      `time: ${seconds < 10 ? `${seconds.toFixed(1)} s` : formatDuration(seconds)} (${result.method})\n` +
      `warped: ${files.warped}\ndisplacement: ${files.displacement}\nreport: ${files.report}\n`,
  );
}
