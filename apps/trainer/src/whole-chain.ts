import path from 'node:path';
import { renderReport, reportData, summarize, type RunFacts, type Summary } from '@paired3d/pipeline';
import { runChain, type ChainOptions, type ChainOutcome } from './chain';
import type { CliContext } from './context';
import { commandLine, device, versions } from './machine';
import { resultsText } from './results';
import type { ResolvedConfig } from './run-config';

/** Runs every stage, then writes `summary.json` and `report/index.html`, and prints the figures and where the report is. */
export async function runWholeChain(
  options: ChainOptions,
  context: CliContext,
  { config, preset }: ResolvedConfig,
): Promise<void> {
  const summary = await runChain({ options, context, config }, ['evaluation'], async (outcome) => {
    const facts = await factsOf(outcome);
    const summary = await summarize(outcome.storage, facts);
    await writeText(outcome, 'summary.json', `${JSON.stringify(summary, null, 2)}\n`);
    const date = `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`;
    const page = { ...facts, command: commandLine(context.args), preset, device: device(), date };
    await writeText(outcome, 'report/index.html', renderReport(await reportData(outcome.storage, page, summary)));
    return summary;
  });
  const report = path.join(options.out, 'report', 'index.html');
  printSummary(summary, options, context, `\nreport: ${report}\n`);
}

/** What a summary needs to know of a run. */
export async function factsOf({ config, backend, workers, result }: ChainOutcome): Promise<RunFacts> {
  return { config, ...result, backend: backend.name, workers, versions: await versions() };
}

/** Prints a summary: its table and a last line for a person, one line of JSON for a program. */
export function printSummary(
  summary: Summary,
  { json }: Pick<ChainOptions, 'json'>,
  { stdout }: CliContext,
  last = '',
): void {
  stdout.write(json ? `${JSON.stringify({ type: 'summary', ...summary })}\n` : `\n${resultsText(summary)}\n${last}`);
}

function writeText({ storage }: ChainOutcome, file: string, text: string): Promise<void> {
  return storage.write(file, new TextEncoder().encode(text));
}
