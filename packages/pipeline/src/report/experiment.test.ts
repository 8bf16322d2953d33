import { expect, it } from 'vitest';
import { experimentMarkdown, renderExperiment, type Experiment } from './experiment';

const table = (mean: number) => ({ mean, cases: { '010': mean + 1, '002': mean - 1 } });
const experiment: Experiment = {
  title: 'Two methods',
  command: 'paired3d experiment table --out x',
  device: 'a machine',
  date: '2026-01-01',
  versions: { node: '20' },
  rows: [
    { title: 'before', cropped: table(14), dice: table(0.25), published: 14.29 },
    { title: 'network <b>', cropped: table(3.456), dice: table(0.75), seconds: 0.25, validation: { dice: 0.5 } },
    { title: 'published alone', published: 2.5 },
  ],
  runs: [
    { name: 'optimise', commands: ['paired3d evaluate'] },
    { name: 'network', steps: 12, seconds: 75, commands: ['paired3d train', 'paired3d evaluate --x'] },
  ],
};

it('is Markdown: filled columns alone, cases in order, a training and its commands', () => {
  expect(experimentMarkdown(experiment)).toBe(`# Two methods

2026-01-01, a machine, node 20

\`\`\`sh
paired3d experiment table --out x
\`\`\`

| method | cropped, mm | published, mm | Dice | seconds | validation: Dice |
| --- | --- | --- | --- | --- | --- |
| before | 14.00 | 14.29 | 0.250 |  |  |
| network <b> | 3.46 |  | 0.750 | 0.3 | 0.500 |
| published alone |  | 2.50 |  |  |  |

| mm, cropped | 002 | 010 |
| --- | --- | --- |
| before | 13.00 | 15.00 |
| network <b> | 2.46 | 4.46 |

| training | steps | time |
| --- | --- | --- |
| network | 12 | 1 min 15 s |

Each row again:

\`\`\`sh
# optimise
paired3d evaluate
# network
paired3d train
paired3d evaluate --x
\`\`\`
`);
});

it('is a page, without tables that would be empty', () => {
  const page = renderExperiment(experiment);
  expect(page).toContain('<p class="headline">network &lt;b&gt;: <b>3.46 mm</b>.</p>');
  expect(page.match(/<table>/g)).toHaveLength(3);
  expect(page).toContain('paired3d evaluate --x');
  const bare = renderExperiment({ ...experiment, rows: [{ title: 'a', dice: table(1) }], runs: [] });
  expect(bare.match(/<table>/g)).toHaveLength(1);
  expect(bare).toContain('No landmarks.');
});
