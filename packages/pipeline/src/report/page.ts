import { htmlDocument, type Section } from './document';
import { errorSection } from './error-section';
import { lineChart } from './line-chart';
import { COLOUR_KEY, pairFigures, registrationFigures } from './figures';
import { bytes, count, decimal, duration, escapeText, stageTitle } from './format';
import { errorTiles, headline, tile } from './headline';
import { table, type Cell } from './tables';
import type { ReportCurves, ReportData, ReportSeries } from './types';

/**
 * The offline report of a run.
 *
 * A pure function: the same data give the same text. What the data lack is left out.
 *
 * @throws {PipelineError} when a volume does not have the size it is said to have
 */
export function renderReport(data: ReportData): string {
  const { sentence, context } = headline(data);
  const sections: Section[] = [
    { id: 'registrations', title: 'Registrations of held-out pairs', content: registrations(data) },
    { id: 'errors', title: 'Errors', content: errorSection(data) },
    { id: 'pairs', title: 'Real and synthetic pairs', content: pairs(data) },
    { id: 'training', title: 'Training', content: training(data) },
    { id: 'run', title: 'What ran', content: run(data) },
    { id: 'reproduce', title: 'How to reproduce it', content: reproduce(data) },
  ];
  const head = `<p class="headline">${sentence}</p>
${context ? `<p class="lead">${context}</p>` : ''}
${errorTiles(data)}`;
  return htmlDocument({ title: data.title, head, sections, footer: footer(data) });
}

function registrations(data: ReportData): string {
  const figures = registrationFigures(data);
  if (!figures) return '';
  const flat = data.registrations.every(({ size }) => size[0] === 1);
  const view = flat ? 'The two pictures of a pair' : 'Coronal maximum projections, fainter where less lies behind,';
  return `<p class="lead">${view} printed over each other: what is aligned loses its colour.</p>${COLOUR_KEY}${figures}`;
}

function pairs(data: ReportData): string {
  const real = pairFigures(data.realPairs, 'Real pair');
  const synthetic = pairFigures(data.syntheticPairs, 'Synthetic pair');
  if (!real && !synthetic) return '';
  return (
    '<p class="lead">The scans the chain learned from, and pairs it made up.</p>' +
    COLOUR_KEY +
    (real && `<h3>Real (${count(data.pairs.train)} training pairs)</h3>${real}`) +
    (synthetic && `<h3>Synthetic (${count(data.pairs.synthetic)} made)</h3>${synthetic}`)
  );
}

function training(data: ReportData): string {
  const { vqae, diffusion } = data.summary;
  const tiles = [
    tile('VQ-AE Dice', decimal(vqae.dice, 3), '', 'validation pairs'),
    tile('Codes used', count(vqae.codesUsed), vqae.codes ? `of ${count(vqae.codes)}` : '', 'training tokens'),
    tile('Diffusion', decimal(diffusion.bitsPerToken), 'bits', 'for each token'),
  ].join('');
  const charts = data.curves.flatMap(curveFigures).join('');
  return `<ul class="tiles">${tiles}</ul>${charts && `${CURVE_NOTE}<div class="charts">${charts}</div>`}`;
}

const CURVE_NOTE = '<h3>Curves</h3><p class="note">Faint as measured, strong their moving average.</p>';

/** One chart for each panel of a stage, in order of appearance. */
function curveFigures({ stage, series }: ReportCurves): string[] {
  const panels = new Map<string, ReportSeries[]>();
  for (const one of series) panels.set(one.panel ?? '', [...(panels.get(one.panel ?? '') ?? []), one]);
  return [...panels].flatMap(([panel, members]) => {
    const title = panel ? `${stageTitle(stage)}: ${panel}` : stageTitle(stage);
    const lines = members.map(({ name, steps, values }) => ({ name, x: steps, y: values }));
    const chart = lineChart(lines, { label: `${title}: ${members.map(({ name }) => name).join(', ')} over steps` });
    return chart ? [`<figure><figcaption>${escapeText(title)}</figcaption>${chart}</figure>`] : [];
  });
}

function run(data: ReportData): string {
  const total = data.stages.reduce((sum, { seconds }) => sum + seconds, 0);
  const longest = Math.max(...data.stages.map(({ seconds }) => seconds), 1e-9);
  const peaks = data.stages.flatMap(({ peakMemoryBytes }) => peakMemoryBytes ?? []);
  const memory = (amount: number | undefined): Cell[] => (peaks.length > 0 ? [bytes(amount)] : []);
  const state = (stage: ReportData['stages'][number]): string => {
    const earlier = data.summary.timings[stage.name];
    if (stage.skipped) return earlier ? `done before, in ${duration(earlier)}` : 'done before';
    return stage.resumedAt ? `resumed at step ${count(stage.resumedAt)}` : 'ran';
  };
  const stages = table({
    caption: 'Stages',
    heads: [
      'Stage',
      { html: 'This run', className: 'text' },
      'Time',
      ...(peaks.length > 0 ? ['Peak memory'] : []),
      { html: 'Relative time', className: 'share text' },
    ],
    rows: data.stages.map((stage) => [
      stage.name,
      { html: state(stage), className: stage.skipped ? 'text muted' : 'text' },
      stage.skipped ? '–' : duration(stage.seconds),
      ...memory(stage.peakMemoryBytes),
      {
        html: stage.skipped
          ? ''
          : `<span class="bar" style="width:${((100 * stage.seconds) / longest).toFixed(1)}%"></span>`,
        className: 'share',
      },
    ]),
    foot: [
      'Total',
      '',
      duration(total),
      ...memory(peaks.length > 0 ? Math.max(...peaks) : undefined),
      { html: '', className: 'share' },
    ],
  });
  const names = new Set(data.stages.map(({ name }) => name));
  const others = Object.entries(data.summary.timings).filter(([name]) => !names.has(name));
  const timings =
    others.length > 0
      ? keyTable(
          'Other timings',
          others.map(([name, s]) => [name, duration(s)]),
        )
      : '';
  const facts = keyTable('Setting', [
    ['preset', data.preset],
    ['backend', data.backend],
    ['workers', String(data.workers)],
    ...(data.device ? [['device', data.device] as const] : []),
    ['seed', String(data.seed)],
    [
      'pairs',
      `${count(data.pairs.train)} training, ${count(data.pairs.test)} test, ${count(data.pairs.synthetic)} synthetic`,
    ],
    ...(data.date ? [['finished', data.date] as const] : []),
  ]);
  const versions = keyTable('Versions', Object.entries(data.versions));
  return `${data.stages.length > 0 ? stages : ''}<div class="tables">${facts}${versions}${timings}</div>`;
}

function keyTable(caption: string, entries: readonly (readonly [string, string])[]): string {
  if (entries.length === 0) return '';
  return table({ caption, heads: ['Name', 'Value'], rows: entries });
}

function reproduce(data: ReportData): string {
  const config = escapeText(JSON.stringify(data.config, null, 2) ?? '');
  return (
    '<p class="lead">The same seed gives the same result on the same backend.</p>' +
    `<pre class="command"><code>${escapeText(data.command)}</code></pre>` +
    (config && `<details><summary>Configuration</summary><pre tabindex="0"><code>${config}</code></pre></details>`)
  );
}

function footer(data: ReportData): string {
  const parts = [
    `preset ${data.preset}`,
    `${data.backend} backend`,
    `seed ${data.seed}`,
    ...(data.date ? [data.date] : []),
  ];
  return `Made by paired3d · ${parts.join(' · ')}`;
}
