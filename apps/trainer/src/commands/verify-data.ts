import type { Command } from 'commander';
import { PipelineError, type DataReport } from '@paired3d/pipeline';
import type { CliContext } from '../context';
import { addSharedOptions, type SharedOptions } from '../options';
import { missingFolder, openFolders } from '../pair-source';
import { resolveConfig } from '../run-config';
import { addDataOptions, type DataOptions } from '../run-options';

type VerifyOptions = SharedOptions & DataOptions;

/** `paired3d verify-data`: reads every scan and lists everything that does not fit. */
export function registerVerifyData(program: Command, context: CliContext): void {
  const command = program.command('verify-data').description('read every scan and list everything that does not fit');
  addDataOptions(addSharedOptions(command, ['preset', 'config', 'set', 'json', 'verbose'])).action(
    async (options: VerifyOptions) => {
      if (options.train === undefined) throw missingFolder('train');
      const { source } = (await resolveConfig(options)).config;
      if (source.kind !== 'folder') {
        const advice = 'choose --preset small, or set source';
        throw new PipelineError({ where: 'source.kind', expected: 'folder', got: source.kind, advice });
      }
      const report = await (await openFolders(source.dataset, options)).verify();
      context.stdout.write(options.json ? `${JSON.stringify({ type: 'report', ...report })}\n` : reportText(report));
      if (report.ok) return;
      throw new PipelineError({
        where: `data set ${report.source}`,
        expected: 'files that all fit',
        got: `${report.problems.length} that ${report.problems.length === 1 ? 'does' : 'do'} not`,
        advice: 'see the list above',
      });
    },
  );
}

/** A report for a person to read: usable pairs, then every problem and note. */
export function reportText({ pairs, problems, notes }: DataReport): string {
  const usable = (['train', 'test'] as const).map(
    (split) => `${split}: ${pairs[split].length} usable pair${pairs[split].length === 1 ? '' : 's'}`,
  );
  const wrong = problems.map(({ folder, message }) => `problem: [${folder}] ${message}`);
  return [...usable, ...wrong, ...notes.map((note) => `note: ${note}`)].map((line) => `${line}\n`).join('');
}
