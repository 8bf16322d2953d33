import type { Command } from 'commander';
import { summarize } from '@paired3d/pipeline';
import { runChain, type ChainOptions } from '../chain';
import type { CliContext } from '../context';
import { resolveConfig } from '../run-config';
import { addChainOptions } from '../run-options';
import { factsOf, printSummary } from '../whole-chain';

/** `paired3d evaluate`: registers the test pairs and scores the result. */
export function registerEvaluate(program: Command, context: CliContext): void {
  const command = program
    .command('evaluate')
    .description('register the test pairs and score the result, after the stages that this builds on');
  addChainOptions(command).action(async (options: ChainOptions) => {
    const { config: asked } = await resolveConfig(options);
    // A network that comes from elsewhere is to be scored, not a baseline to be trained beside it.
    const baseline = asked.registration.baseline && options.registration === undefined;
    const config = { ...asked, registration: { ...asked.registration, baseline } };
    const summary = await runChain({ options, context, config }, ['evaluation'], async (outcome) =>
      summarize(outcome.storage, await factsOf(outcome)),
    );
    printSummary(summary, options, context);
  });
}
