import path from 'node:path';
import { Option, type Command } from 'commander';
import {
  assessPairs,
  checkEnough,
  selectPairs,
  type Assessment,
  type PreparedPair,
  type RunConfig,
} from '@paired3d/pipeline';
import { OPTIMISE_PRESETS, type OptimisePreset } from '@paired3d/registration';
import { assessmentPage } from '../assessment-report';
import type { CliContext } from '../context';
import { VerdictFailed } from '../exit';
import { peakMemory } from '../machine';
import { addSharedOptions, atLeast, SHARED_OPTIONS, type SharedOptions } from '../options';
import { openRealPairs } from '../real-pairs';
import { assessmentText } from '../results';
import { resolveConfig } from '../run-config';
import { withRun } from '../run-folder';
import { ScanFolder } from '../scan-folder';
import { openWorkers } from '../workers';

type AssessOptions = SharedOptions & {
  readonly real?: string;
  readonly pairs: number;
  readonly optimisePreset: OptimisePreset;
  readonly strict: boolean;
  readonly out: string;
};

/** Where everything lies in the output folder. */
const FILES = { report: 'assess.html', data: 'assess.json', pairs: 'assessment' } as const;

/** `paired3d assess`: whether synthetic pairs look and move like the real ones, and are no copies of them. */
export function registerAssess(program: Command, context: CliContext): void {
  const command = program
    .command('assess')
    .description('compare synthetic pairs with the real ones: vessels, motion, spread, copies; a report and a verdict')
    .argument('<synthetic>', 'the folder of synthetic pairs')
    .option('--real <folder>', 'the real pairs that their models were trained on; not needed for phantoms')
    .addOption(new Option('--pairs <number>', 'synthetic pairs to draw at random').argParser(atLeast(1)).default(40))
    .addOption(
      new Option('--optimise-preset <name>', 'how thoroughly fixed and moving scans are aligned')
        .choices(Object.keys(OPTIMISE_PRESETS))
        .default('fast'),
    )
    .addOption(new Option('--strict', 'exit with code 3 when the verdict is not plausible').default(false));
  addSharedOptions(command, SHARED_OPTIONS, ['out']).action(async (synthetic: string, options: AssessOptions) => {
    const { signal } = context;
    // A run's own settings lie beside its synthetic pairs.
    const beside = path.dirname(path.resolve(synthetic));
    const { config } = await resolveConfig({ ...options, train: options.real, out: beside }, 'small');
    const files = await ScanFolder.open(synthetic);
    const real = await openRealPairs(config, options.real, signal);
    const selection = { pairs: options.pairs, seed: config.seed, signal };
    const { pairs, of } = await selectPairs(files, config, real[0], selection);
    checkEnough({ real, synthetic: pairs });
    const assessment = await assessAndWrite({ real, synthetic: pairs, of }, config, options, context);
    say(assessment, options, context);
    if (options.strict && !assessment.verdict.passed) throw new VerdictFailed(assessment.verdict.line);
  });
}

function assessAndWrite(
  {
    of,
    ...pairs
  }: { readonly real: readonly PreparedPair[]; readonly synthetic: readonly PreparedPair[]; readonly of: number },
  { diceThreshold, seed }: RunConfig,
  options: AssessOptions,
  context: CliContext,
): Promise<Assessment> {
  return withRun(options, context, async ({ storage, backend, progress }) => {
    const { pool, warning } = openWorkers(options.workers, backend, context);
    if (warning) progress.listener({ type: 'message', level: 'warning', text: warning });
    const assessment = await assessPairs(
      {
        storage: storage.within(FILES.pairs),
        workers: pool,
        emit: progress.listener,
        signal: context.signal,
        clock: () => performance.now() / 1000,
        memory: peakMemory,
      },
      pairs,
      { threshold: diceThreshold, optimise: options.optimisePreset, seed },
    ).finally(() => pool?.close());
    const write = (file: string, text: string) => storage.write(file, new TextEncoder().encode(text));
    await write(FILES.data, `${JSON.stringify(assessment, null, 2)}\n`);
    await write(FILES.report, assessmentPage(assessment, { ...pairs, of }, context.args, backend.name));
    return assessment;
  });
}

function say({ verdict, criteria }: Assessment, { json, out }: AssessOptions, { stdout }: CliContext): void {
  const report = path.join(out, FILES.report);
  if (json) {
    stdout.write(`${JSON.stringify({ type: 'result', verdict, criteria, report, folder: out })}\n`);
    return;
  }
  stdout.write(`${assessmentText(criteria)}\n\n${verdict.line}\nreport: ${report}\n`);
}
