import type { Command } from 'commander';
import { PipelineError } from '@paired3d/pipeline';
import type { CliContext } from '../context';
import { diagnose, diagnosisText } from '../doctor';
import { addSharedOptions, type SharedOptions } from '../options';

/** `paired3d doctor`: what this machine has, and whether its backend computes right. */
export function registerDoctor(program: Command, context: CliContext): void {
  const command = program
    .command('doctor')
    .description('show versions, machine and backends, and try the chosen backend');
  addSharedOptions(command, ['backend', 'precision', 'workers', 'json', 'verbose']).action(
    async ({ json, ...options }: Pick<SharedOptions, 'backend' | 'precision' | 'workers' | 'json'>) => {
      const diagnosis = await diagnose(options, context);
      context.stdout.write(`${json ? JSON.stringify(diagnosis) : diagnosisText(diagnosis)}\n`);
      if (diagnosis.conv3d.ok) return;
      throw new PipelineError({
        where: `backend ${diagnosis.backend.name}`,
        expected: 'conv3d to agree with its definition',
        got: `a difference of ${diagnosis.conv3d.maxError}`,
        advice: 'use another --backend, and report this with the lines above',
      });
    },
  );
}
