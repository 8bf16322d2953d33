import type { Assessment } from '../assess/assess';
import type { AssessedPair } from '../assess/assessStage';
import { PAIR_FIGURES, shownFigure, type Criterion, type CriterionName } from '../assess/criteria';
import { scanAs } from '../assess/nearest';
import type { PairFigures } from '../assess/pairFigures';
import { boundsText, shown } from '../assess/verdict';
import { htmlDocument } from './document';
import { COLOUR_KEY, pairFigures, picture } from './figures';
import { decimal, escapeText } from './format';
import { tile } from './headline';
import { rangePlot } from './range-plot';
import { table, type Cell } from './tables';
import type { PreparedPair } from '../data/types';

/** What the report of an assessment shows, as plain data. */
export interface AssessmentReport {
  readonly title: string;
  /** The command that makes this report again. */
  readonly command: string;
  readonly assessment: Assessment;
  /** How many synthetic pairs there were to choose from. */
  readonly of: number;
  /** Some pairs of either kind to look at, side by side; in the order in which they are shown. */
  readonly shown: { readonly real: readonly PreparedPair[]; readonly synthetic: readonly PreparedPair[] };
  /** All real pairs, and the synthetic ones, by which the nearest training scans are drawn. */
  readonly pairs: { readonly real: readonly PreparedPair[]; readonly synthetic: readonly PreparedPair[] };
  /** Names and settings, to list. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly date?: string;
}

/** How many of the pairs that are most like a training scan are shown. */
const NEAREST_SHOWN = 6;

/**
 * The offline report of an assessment: the verdict, every figure beside the real one and its bounds, pairs side by side,
 * how figures are distributed, and the training scans nearest to synthetic ones. A pure function, as {@link renderReport}.
 *
 * @throws {PipelineError} when a volume does not have the size it is said to have
 */
export function renderAssessment(data: AssessmentReport): string {
  const { verdict, criteria, real, synthetic } = data.assessment;
  const failing = criteria.filter(({ passed }) => !passed);
  const sentence = verdict.passed
    ? `Plausible: <b>all ${criteria.length} figures</b> of the synthetic pairs are within their bounds.`
    : `Not plausible: <b class="outside">${failing.length} of ${criteria.length} figures</b> of the synthetic pairs are not within their bounds.`;
  const compared = `${synthetic.length} of ${data.of} synthetic pairs beside ${real.length} real ones.`;
  const outside = failing.map(({ title }) => title).join(', ');
  const lead = `${compared}${outside && ` Outside: ${outside}.`}`;
  return htmlDocument({
    title: data.title,
    head: `<p class="headline">${sentence}</p>\n<p class="lead">${escapeText(lead)}</p>\n${tiles(criteria)}`,
    sections: [
      { id: 'figures', title: 'Figures and bounds', content: figureTable(data.assessment) },
      { id: 'pairs', title: 'Real and synthetic pairs', content: sideBySide(data) },
      { id: 'distributions', title: 'Pair by pair', content: distributions(data.assessment) },
      { id: 'nearest', title: 'Nearest training scans', content: nearest(data) },
      { id: 'reproduce', title: 'How it was made', content: made(data) },
    ],
    footer: ['Made by paired3d', ...(data.date ? [data.date] : [])].join(' · '),
  });
}

const TILES: readonly CriterionName[] = ['nccAfter', 'displacement', 'displacementDeviation', 'spread', 'copies'];

function tiles(criteria: readonly Criterion[]): string {
  const items = TILES.map((name) => criteria.find((one) => one.name === name)!).map((one) => {
    const number = shown({ ...one, unit: '' }, one.synthetic);
    const aside = `${one.real === undefined || one.most === 0 ? '' : `real ${shown({ ...one, unit: '' }, one.real)} · `}${boundsText({ ...one, unit: '' })}`;
    return tile(capital(one.title), number, one.unit, aside, one.passed ? '' : 'outside');
  });
  return `<ul class="tiles">${items.join('')}</ul>`;
}

function figureTable({ criteria, chance, copyBound }: Assessment): string {
  const value = (one: Criterion, mean: number | undefined, deviation: number | undefined): string =>
    `${decimal(mean, one.digits)}${deviation === undefined ? '' : ` ± ${decimal(deviation, one.digits)}`}`;
  const rows = criteria.map((one): Cell[] => [
    `${capital(one.title)}${one.unit && `, ${one.unit}`}`,
    value(one, one.real, one.realDeviation),
    value(one, one.synthetic, one.syntheticDeviation),
    boundsText({ ...one, unit: '' }),
    one.passed ? 'within' : { html: '<b>outside</b>', className: 'outside' },
    { html: `<span class="muted">${escapeText(one.rule)}</span>`, className: 'text' },
  ]);
  const percent = (part: number) => `${Math.round(100 * part)} %`;
  const luck =
    chance.displacement === undefined
      ? ''
      : ` With so few pairs chance alone moves the mean displacement by ${percent(chance.displacement)} and its ` +
        `standard deviation by ${percent(chance.displacementDeviation!)} (one standard error).`;
  const copying =
    copyBound === undefined
      ? ''
      : ` A copy is a scan whose overlap with a training scan, mirrored and deformed onto it, is ${decimal(copyBound)} or more.`;
  return (
    table({
      caption: 'Mean ± standard deviation over pairs',
      heads: ['Figure', 'Real', 'Synthetic', 'Bounds', 'Verdict', { html: 'Rule', className: 'text' }],
      rows,
    }) + `<p class="note" style="margin-top:14px">${escapeText(`${luck}${copying}`.trim())}</p>`
  );
}

function sideBySide({ shown, assessment }: AssessmentReport): string {
  const real = pairFigures(shown.real, 'Real pair');
  const synthetic = pairFigures(shown.synthetic, 'Synthetic pair');
  const flat = shown.real.every(({ size }) => size[0] === 1);
  const view = flat ? 'The two pictures of a pair' : 'Coronal maximum projections, fainter where less lies behind,';
  return (
    `<p class="lead">${view} printed over each other, drawn at random (seed ${assessment.settings.seed}).</p>${COLOUR_KEY}` +
    `<h3>Real</h3>${real}<h3>Synthetic</h3>${synthetic}`
  );
}

function distributions({ criteria, real, synthetic }: Assessment): string {
  const figures = (Object.keys(PAIR_FIGURES) as (keyof PairFigures)[]).map((name) => {
    const { title, unit, digits } = PAIR_FIGURES[name];
    const { least, most } = criteria.find((one) => one.name === name)!;
    const values = (pairs: readonly AssessedPair[]) =>
      pairs.flatMap(({ figures }) => (figures ? shownFigure(figures, name) : []));
    const plot = rangePlot(rowsOf(values(real), values(synthetic)), { label: title, digits, least, most });
    return (
      plot &&
      `<figure><figcaption>${escapeText(`${capital(title)}${unit && `, ${unit}`}`)}</figcaption>${plot}</figure>`
    );
  });
  return (
    '<p class="lead">A dot for each pair, a diamond at the mean, shaded where the mean of the synthetic pairs should lie.</p>' +
    `<div class="charts">${figures.join('')}</div>`
  );
}

function rowsOf(real: readonly number[], synthetic: readonly number[]) {
  return [
    { name: 'real', className: 'ink-networkReal', values: real },
    { name: 'synth.', className: 'ink-network', values: synthetic },
  ];
}

function nearest({ assessment, pairs }: AssessmentReport): string {
  const { real, synthetic, copyBound } = assessment;
  const overlaps = (list: readonly AssessedPair[]) => list.flatMap(({ nearest }) => nearest?.overlap ?? []);
  const plot = rangePlot(
    [
      { name: 'others', className: 'ink-networkReal', values: overlaps(real) },
      { name: 'copies', className: 'ink-optimise', values: real.flatMap(({ copy }) => copy ?? []) },
      { name: 'synth.', className: 'ink-network', values: overlaps(synthetic) },
    ],
    { label: 'Overlap with the nearest training scan', most: copyBound },
  );
  if (!plot) return '';
  const most = synthetic
    .filter((one) => one.nearest)
    .sort((a, b) => b.nearest!.overlap - a.nearest!.overlap)
    .slice(0, NEAREST_SHOWN);
  const figures = most.map(({ id, nearest }) => {
    const [pair, training] = [pairs.synthetic, pairs.real].map((list, n) =>
      list.find((one) => one.id === [id, nearest!.id][n])!,
    );
    const description = `synthetic ${id} blue, training scan ${nearest!.id} orange`;
    const { image, mirrored, overlap } = nearest!;
    return (
      `<figure>${picture(pair.fixed, scanAs(training, { image, mirrored }), pair.size, description)}` +
      `<figcaption><b>${escapeText(id)}</b> · ${escapeText(`${nearest!.id} ${image}${mirrored ? ', mirrored' : ''}`)} · ${decimal(overlap)}</figcaption></figure>`
    );
  });
  return (
    '<p class="lead">How much of a fixed scan lies on the training scan most like it, once that was deformed onto it ' +
    '(correlation): real scans and those of other patients, training scans and augmented copies of themselves, synthetic ' +
    'scans. Shaded: what is no copy.</p>' +
    `<div class="charts"><figure>${plot}</figure></div>` +
    `<h3>The ${most.length} most alike</h3>` +
    '<p class="note">Synthetic fixed scan blue, the training scan orange, before it is deformed.</p>' +
    `<div class="figures">${figures.join('')}</div>`
  );
}

function made({ command, facts }: AssessmentReport): string {
  return (
    `<pre class="command"><code>${escapeText(command)}</code></pre>` +
    `<div style="margin-top:24px">${table({ caption: 'Settings', heads: ['Name', 'Value'], rows: facts })}</div>`
  );
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
