import { readNifti } from '@paired3d/nifti';
import { picture } from '../data/labelMap';
import type { PreparedPair } from '../data/types';
import { workingGridOf } from '../data/workingGrid';
import type { Method, Summary } from '../report/summary';
import type { ReportCurves, ReportData, ReportPair, ReportRegistration } from '../report/types';
import { SHOWN_METHODS, warpedPath } from '../stages/evaluate';
import { readSyntheticPairs } from '../stages/syntheticPairs';
import type { Storage } from '../storage/storage';
import { readJson } from './stage';
import type { RunFacts } from './summarize';
import type { History } from './trainingLoop';

/** Pairs of each kind that the report shows. */
const SHOWN = 6;

const methodLabels: Partial<Record<Method, string>> = {
  tta: 'network with test-time adaptation',
  network: 'network trained on synthetic pairs',
  refined: 'optimisation from the network’s field',
  optimise: 'instance optimisation',
};

/** Which metrics of a training become which chart. */
const charts: Record<string, readonly { metric: string; name: string; panel?: string }[]> = {
  vqae: [
    { metric: 'loss', name: 'loss' },
    { metric: 'codebookLoss', name: 'codebook loss', panel: 'codebook' },
    { metric: 'dice', name: 'Dice', panel: 'overlap' },
  ],
  diffusion: [{ metric: 'loss', name: 'loss' }],
  registration: [{ metric: 'loss', name: 'loss' }],
  'registration-real': [{ metric: 'loss', name: 'loss' }],
};

/** Gathers what the report draws from the folders of a run. */
export async function reportData(
  storage: Storage,
  facts: RunFacts & { command: string; preset: string; device?: string; date?: string },
  summary: Summary,
): Promise<ReportData> {
  const { config, training, test, timings, backend, workers, versions, command, preset, device, date } = facts;
  const synthetic = await readSyntheticPairs(storage.within('synthetic'), workingGridOf(config.source), SHOWN);
  return {
    title: config.source.kind === 'phantom' ? 'paired3d on phantoms' : `paired3d on ${config.source.dataset.name}`,
    command,
    preset,
    seed: config.seed,
    backend,
    workers,
    device,
    date,
    versions,
    config,
    pairs: { train: training.length, test: test.length, synthetic: config.synthesize.pairs },
    stages: timings,
    realPairs: training.slice(0, SHOWN).map(reportPair),
    syntheticPairs: synthetic.map(reportPair),
    registrations: await registrations(storage, test),
    curves: await curves(storage),
    summary,
  };
}

const reportPair = ({ id, size, fixed, moving, labels }: PreparedPair): ReportPair => ({
  id,
  size,
  fixed: picture(fixed, labels),
  moving: picture(moving, labels),
});

async function registrations(storage: Storage, test: readonly PreparedPair[]) {
  const folder = storage.within('evaluation');
  const shown: ReportRegistration[] = [];
  for (const pair of test.slice(0, SHOWN)) {
    for (const method of SHOWN_METHODS) {
      const bytes = await folder.read(warpedPath(pair.id, method));
      if (!bytes) continue;
      const { data } = await readNifti(bytes, { name: warpedPath(pair.id, method) });
      const { id, size, fixed, moving: movingBefore } = reportPair(pair);
      const { labels = 1 } = pair;
      const movingAfter = Float32Array.from(data, (value) => value / (labels > 1 ? labels : 1));
      shown.push({ id, size, fixed, movingBefore, movingAfter, label: methodLabels[method] ?? '', method });
      break;
    }
  }
  return shown;
}

async function curves(storage: Storage): Promise<ReportCurves[]> {
  const all: ReportCurves[] = [];
  for (const [stage, series] of Object.entries(charts)) {
    const history = await readJson<History>(storage, `${stage}/history.json`);
    if (!history) continue;
    all.push({
      stage,
      series: series
        .filter(({ metric }) => history[metric])
        .map(({ metric, name, panel }) => {
          const values = history[metric];
          return { name, panel, values, steps: values.map((_, i) => i + 1) };
        }),
    });
  }
  return all;
}
