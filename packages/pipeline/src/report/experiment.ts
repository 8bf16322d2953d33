import { htmlDocument } from './document';
import { decimal, duration, escapeText } from './format';
import type { CaseTable } from './summary';
import { byNumber, table, type Cell } from './tables';

/** What one method reached in an experiment. */
export interface ExperimentRow {
  /** What was trained on what, and what was done for each pair, in words. */
  readonly title: string;
  /** Landmark error in mm. */
  readonly cropped?: CaseTable;
  readonly exact?: CaseTable;
  readonly dice?: CaseTable;
  /** Percentage of folded voxels. */
  readonly folding?: CaseTable;
  /** mm */
  readonly inverseConsistency?: CaseTable;
  /** mm on the cropped landmarks, as the paper has it. */
  readonly published?: number;
  /** Seconds of a registration, in one thread. */
  readonly seconds?: number;
  /** On the training pairs that are held out, by which methods are chosen: Dice, and mm from instance optimisation. */
  readonly validation?: { readonly dice?: number; readonly fromOptimised?: number };
}

/** A training of an experiment, or a registration without one, and what reproduces it. */
export interface ExperimentRun {
  readonly name: string;
  /** Updates of the network; none where nothing was trained. */
  readonly steps?: number;
  /** Seconds of the training. */
  readonly seconds?: number;
  readonly commands: readonly string[];
}

/** The result of an experiment, as plain data: the content of `table.json`. */
export interface Experiment {
  readonly title: string;
  readonly command: string;
  readonly device: string;
  readonly date: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly ExperimentRow[];
  readonly runs: readonly ExperimentRun[];
}

interface Column {
  readonly head: string;
  readonly cell: (row: ExperimentRow) => string | undefined;
}

const number = (value: number | undefined, digits = 2) => (value === undefined ? undefined : decimal(value, digits));

const COLUMNS: readonly Column[] = [
  { head: 'cropped, mm', cell: ({ cropped }) => number(cropped?.mean) },
  { head: 'exact, mm', cell: ({ exact }) => number(exact?.mean) },
  { head: 'published, mm', cell: ({ published }) => number(published) },
  { head: 'Dice', cell: ({ dice }) => number(dice?.mean, 3) },
  { head: 'folded', cell: ({ folding }) => folding && `${decimal(folding.mean)} %` },
  { head: 'inverse, mm', cell: ({ inverseConsistency }) => number(inverseConsistency?.mean) },
  { head: 'seconds', cell: ({ seconds }) => number(seconds, 1) },
  { head: 'validation: Dice', cell: ({ validation }) => number(validation?.dice, 3) },
  { head: 'from optimised, mm', cell: ({ validation }) => number(validation?.fromOptimised) },
];

/** The tables of an experiment; a column that no row fills is left out. */
function tablesOf({ rows, runs }: Experiment): { results: string[][]; cases: string[][]; trainings: string[][] } {
  const columns = COLUMNS.filter(({ cell }) => rows.some((row) => cell(row) !== undefined));
  const ids = [...new Set(rows.flatMap(({ cropped }) => Object.keys(cropped?.cases ?? {})))].sort(byNumber);
  const trained = runs.filter(({ steps }) => steps !== undefined);
  return {
    results: [
      ['method', ...columns.map(({ head }) => head)],
      ...rows.map((row) => [row.title, ...columns.map(({ cell }) => cell(row) ?? '')]),
    ],
    cases: [
      ['mm, cropped', ...ids],
      ...rows
        .filter(({ cropped }) => cropped)
        .map(({ title, cropped }) => [title, ...ids.map((id) => number(cropped!.cases[id]) ?? '')]),
    ],
    trainings: [
      ['training', 'steps', 'time'],
      ...trained.map(({ name, steps, seconds }) => [name, `${steps}`, seconds === undefined ? '' : duration(seconds)]),
    ],
  };
}

/** The experiment as Markdown: the tables, and the commands that make each row again. */
export function experimentMarkdown(experiment: Experiment): string {
  const { title, command, device, date, versions, runs } = experiment;
  const tables = Object.values(tablesOf(experiment)).filter((rows) => rows.length > 1 && rows[0].length > 1);
  const commands = runs.flatMap(({ name, commands: lines }) => [`# ${name}`, ...lines]);
  const blocks = [
    `# ${title}`,
    `${date}, ${device}, ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}`,
    fenced([command]),
    ...tables.map(markdownTable),
    'Each row again:',
    fenced(commands),
  ];
  return `${blocks.join('\n\n')}\n`;
}

const fenced = (lines: readonly string[]) => ['```sh', ...lines, '```'].join('\n');

function markdownTable([head, ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The experiment as one offline page. A pure function, as `renderReport`. */
export function renderExperiment(experiment: Experiment): string {
  const { title, command, device, date, versions, rows, runs } = experiment;
  const { results, cases, trainings } = tablesOf(experiment);
  const [best] = [...rows].filter(({ cropped }) => cropped).sort((a, b) => a.cropped!.mean - b.cropped!.mean);
  const sentence = best ? `${escapeText(best.title)}: <b>${decimal(best.cropped!.mean)} mm</b>.` : 'No landmarks.';
  const shown = (caption: string, [heads, ...body]: readonly string[][]) =>
    body.length > 0 && heads.length > 1 ? table({ caption, heads, rows: body as Cell[][] }) : '';
  const commands = runs.flatMap(({ name, commands: lines }) => [`# ${name}`, ...lines]).join('\n');
  const preformatted = (text: string) => `<pre class="command"><code>${escapeText(text)}</code></pre>`;
  return htmlDocument({
    title,
    head: `<p class="headline">${sentence}</p>`,
    sections: [
      { id: 'results', title: 'Results', content: shown('Mean over the held-out pairs', results) },
      { id: 'cases', title: 'By case', content: shown('Landmark error in mm', cases) },
      { id: 'trainings', title: 'Trainings', content: shown('Networks', trainings) },
      { id: 'reproduce', title: 'How it was made', content: preformatted(command) + preformatted(commands) },
    ],
    footer: ['Made by paired3d', device, Object.entries(versions).flat().join(' '), date].join(' · '),
  });
}
