import { Random } from '@paired3d/nn';
import { renderAssessment, type Assessment, type PreparedPair } from '@paired3d/pipeline';
import { commandLine, device } from './machine';

/** How many pairs of either kind are shown side by side. */
const SHOWN = 10;

/** The report of an assessment, as an offline page. */
export function assessmentPage(
  assessment: Assessment,
  {
    of,
    ...pairs
  }: { readonly real: readonly PreparedPair[]; readonly synthetic: readonly PreparedPair[]; readonly of: number },
  args: readonly string[],
  backend: string,
): string {
  const { settings } = assessment;
  const some = (list: readonly PreparedPair[]) => Random.of(settings.seed, 'shown pairs').shuffle(list).slice(0, SHOWN);
  return renderAssessment({
    title: 'Synthetic pairs beside real ones',
    command: commandLine(args),
    assessment,
    of,
    pairs,
    shown: { real: some(pairs.real), synthetic: some(pairs.synthetic) },
    facts: [
      ['optimisation', String(settings.optimise)],
      ['vessel above', String(settings.threshold)],
      ['seed', String(settings.seed)],
      ['working grid', pairs.real[0].size.join(' x ')],
      ['backend', backend],
      ['device', device()],
    ],
    date: `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
  });
}
