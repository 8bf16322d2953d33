import { Option, type Command } from 'commander';
import { evaluationCsv, finer, landmarkErrorsCsv, RESOLUTION, summarize, type RunConfig } from '@paired3d/pipeline';
import { OPTIMISE_PRESETS, type OptimisePreset } from '@paired3d/registration';
import { runChain, type ChainOptions } from '../chain';
import type { CliContext } from '../context';
import { detailsText } from '../results';
import { resolveConfig } from '../run-config';
import { addChainOptions } from '../run-options';
import { factsOf, printSummary } from '../whole-chain';

type EvaluateOptions = ChainOptions & {
  readonly method: 'all' | 'optimise';
  readonly pairs: 'test' | 'validation';
  readonly optimisePreset?: OptimisePreset | 'none';
};

/** `paired3d evaluate`: registers the test pairs and scores the result. */
export function registerEvaluate(program: Command, context: CliContext): void {
  const command = program
    .command('evaluate')
    .description('register the test pairs and score the result, after the stages that this builds on')
    .addOption(
      new Option('--method <name>', 'optimise: instance optimisation alone, which needs no training')
        .choices(['all', 'optimise'])
        .default('all'),
    )
    .addOption(
      new Option('--pairs <name>', 'validation: the training pairs that are held out, by which settings are chosen')
        .choices(['test', 'validation'])
        .default('test'),
    )
    .addOption(
      new Option('--optimise-preset <name>', 'how thoroughly the optimisation is done; none leaves it out').choices([
        'none',
        ...Object.keys(OPTIMISE_PRESETS),
      ]),
    );
  addChainOptions(command).action(async (options: EvaluateOptions) => {
    const { config: asked } = await resolveConfig(options, options.test === undefined ? undefined : 'small');
    const config = configFor(asked, options);
    const summary = await runChain({ options, context, config }, ['evaluation'], async (outcome) => {
      const summary = await summarize(outcome.storage, await factsOf(outcome));
      const write = (file: string, text: string) => outcome.storage.write(file, new TextEncoder().encode(text));
      const { registration, secondsPerPair } = summary;
      await write('evaluation.json', `${JSON.stringify({ ...registration, secondsPerPair }, null, 2)}\n`);
      await write('evaluation.csv', evaluationCsv(summary.registration));
      await write('landmark-errors.csv', landmarkErrorsCsv(summary.registration));
      return summary;
    });
    printSummary(summary, options, context, `\n${detailsText(summary)}\n`);
  });
}

function configFor(
  asked: RunConfig,
  { method, pairs, optimisePreset, registration: given }: EvaluateOptions,
): RunConfig {
  // A network that comes from elsewhere is to be scored, not a baseline to be trained beside it.
  const baseline = asked.registration.baseline && given === undefined;
  const optimise = optimisePreset ?? asked.evaluation.optimise;
  const config = {
    ...asked,
    registration: { ...asked.registration, baseline },
    evaluation: { ...asked.evaluation, optimise, pairs },
  };
  if (method === 'all') return config;
  const { source } = config;
  return {
    ...config,
    // Without networks nothing holds the scans to the resolution that those are trained at.
    source: source.kind === 'folder' ? { ...source, dataset: finer(source.dataset, RESOLUTION) } : source,
    registration: { ...config.registration, pool: 1 },
    evaluation: { ...config.evaluation, networks: false, optimise: optimisePreset ?? 'accurate' },
  };
}
