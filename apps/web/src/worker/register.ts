import { readNifti, writeNifti, type Volume } from '@paired3d/nifti';
import {
  deformedGrid,
  inVoxels,
  initialError,
  jacobianMap,
  lineChart,
  overlayVolumes,
  phantomSource,
  phantomVolume,
  prepareScanPair,
  registerPair,
  registrationFiles,
  type PreparedPair,
  type ScanPair,
  type Size3,
} from '@paired3d/pipeline';
import { OPTIMISE_PRESETS, type OptimiseRecipe } from '@paired3d/registration';
import { FailureError } from '../failure';
import type { PairInput, Picture, Quality, RegisterInput, RegisterProgress, Registration } from '../protocol';
import { breathe } from './breathe';
import { PIXELS, scanFile } from './generate';
import type { Session } from './session';

interface Context {
  readonly signal: AbortSignal;
  readonly progress: (progress: RegisterProgress) => void;
}

/** Half of `fast` on images half as fine: for computers with little memory. */
const COARSE: OptimiseRecipe = {
  ...OPTIMISE_PRESETS.fast,
  controlPoints: 16,
  stages: OPTIMISE_PRESETS.fast.stages.map((stage) => ({ ...stage, resolution: 32 })),
};
const RECIPES = { coarse: COARSE, fast: OPTIMISE_PRESETS.fast, accurate: OPTIMISE_PRESETS.accurate } as const;
/** Voxels of the working grid along its longest side, at most; a scan that is finer is resampled for the registration. */
const FINEST: Record<Quality, number> = { coarse: 64, fast: 128, accurate: 128 };

/** Registers a pair, showing its loss, and makes the pictures and files of the result. */
export async function register(session: Session, input: RegisterInput, context: Context): Promise<Registration> {
  const { signal, progress } = context;
  progress({ done: 0, total: 0 });
  const { title, scans } = await openPair(session, input, signal);
  const { pair } = scans;
  progress({ done: 0, total: 0, before: overlayOf(pair.fixed, pair.moving, pair.size) });
  await breathe();
  signal.throwIfAborted();
  const { tta } = session.config.registration;
  const losses: number[] = [];
  const found = await registerPair(scans, input.method === 'optimise' ? undefined : session.registration, {
    method: input.method,
    preset: RECIPES[input.quality],
    tta: input.iterations,
    learningRate: tta.learningRate,
    diceThreshold: session.config.diceThreshold,
    signal,
    onIteration({ iteration, iterations, loss }) {
      losses.push(loss);
      progress({ done: iteration, total: iterations, chart: chartOf(losses) });
    },
  });
  await breathe();
  signal.throwIfAborted();
  const { registered, errors, backward, transform, warped } = found;
  const landmarks = pair.landmarks?.exact;
  const spacing = pair.size.map((n, axis) => pair.extent[axis] / n) as unknown as Size3;
  const files = registrationFiles(transform, scans);
  return {
    title,
    method: input.method,
    dice: { before: registered.diceBefore, after: registered.diceAfter },
    landmarks: landmarks && errors && { before: initialError(landmarks, pair.extent), after: mean(errors) },
    folding: registered.folding,
    inverseConsistency: registered.inverseConsistency,
    seconds: registered.seconds,
    pictures: {
      before: overlayOf(pair.fixed, pair.moving, pair.size),
      after: overlayOf(pair.fixed, warped, pair.size),
      jacobian: jacobianMap(transform.jacobian().data, backward.size, { target: PIXELS }),
    },
    grid: deformedGrid(inVoxels(backward), backward.size, { label: 'Deformed grid, coronal cut through the middle' }),
    view: {
      fixed: scanFile('fixed.nii', pair.fixed, pair.size, spacing),
      moving: scanFile('moving.nii', pair.moving, pair.size, spacing),
      warped: scanFile('warped.nii', warped, pair.size, spacing),
    },
    files: {
      warped: download('warped.nii.gz', writeNifti(files.warped, { gzip: true })),
      field: download('displacement.nii.gz', writeNifti(files.displacement, { gzip: true })),
    },
  };
}

async function openPair(
  session: Session,
  { pair, quality }: RegisterInput,
  signal: AbortSignal,
): Promise<{ title: string; scans: ScanPair }> {
  if (pair.kind === 'files')
    return { title: `${pair.fixed.name}, ${pair.moving.name}`, scans: await fromFiles(session, pair, quality, signal) };
  if (pair.kind === 'example') {
    const example = await exampleOf(session, pair.number);
    return { title: `Example ${pair.number}`, scans: fromPrepared(session, example) };
  }
  if (!session.generated) {
    throw new FailureError({
      kind: 'mismatch',
      title: 'There is no generated pair yet',
      detail: 'Generate one first, or choose the built-in example.',
      remedies: [],
    });
  }
  return { title: 'Generated pair', scans: fromPrepared(session, session.generated) };
}

/** A phantom that no model has been trained on, with landmarks. */
function exampleOf({ config }: Session, number: number): Promise<PreparedPair> {
  const { source } = config;
  if (source.kind !== 'phantom') throw new Error('the models were not trained on phantoms');
  const { kind: _kind, ...phantom } = source;
  const examples = phantomSource({ ...phantom, cases: { ...phantom.cases, test: 99 } });
  return examples.load('test', String(phantom.cases.train + number).padStart(3, '0'));
}

function fromPrepared({ config }: Session, prepared: PreparedPair): ScanPair {
  const volume = (image: 'fixed' | 'moving'): Volume => {
    const { shape, ...rest } = phantomVolume(prepared, image);
    return { ...rest, shape: [...shape] };
  };
  const volumes = { fixed: volume('fixed'), moving: volume('moving') };
  const names = { fixed: 'the fixed scan', moving: 'the moving scan' };
  const scans = prepareScanPair(volumes, names, config.source, { frame: 'none' });
  return { ...scans, pair: { ...scans.pair, landmarks: prepared.landmarks } };
}

async function fromFiles(
  { config }: Session,
  files: Extract<PairInput, { kind: 'files' }>,
  quality: Quality,
  signal: AbortSignal,
): Promise<ScanPair> {
  const fixed = await read(files.fixed);
  await breathe();
  signal.throwIfAborted();
  const moving = await read(files.moving);
  await breathe();
  signal.throwIfAborted();
  checkSameFrame(files, fixed, moving);
  const names = { fixed: files.fixed.name, moving: files.moving.name };
  const frame = { frame: 'none', intensities: true, finest: FINEST[quality] } as const;
  return prepareScanPair({ fixed, moving }, names, config.source, frame);
}

async function read(file: File): Promise<Volume> {
  const volume = await readNifti(new Uint8Array(await file.arrayBuffer()), { name: file.name });
  const shape = volume.shape.filter((n, axis) => axis < 3 || n !== 1);
  if (shape.length === 3) return { ...volume, shape };
  throw new FailureError({
    kind: 'file',
    title: 'This file holds no single volume',
    detail: `${file.name}: expected three axes, got ${volume.shape.join(' x ')}; write one volume a file.`,
    remedies: [],
  });
}

function checkSameFrame(files: { fixed: File; moving: File }, fixed: Volume, moving: Volume): void {
  if (fixed.shape.every((n, axis) => n === moving.shape[axis])) return;
  const [a, b] = [fixed, moving].map(({ shape }) => shape.join(' x '));
  throw new FailureError({
    kind: 'mismatch',
    title: 'These scans do not share a grid',
    detail: `${files.fixed.name} has ${a} voxels, ${files.moving.name} has ${b}; resample or crop one of them to the other.`,
    remedies: [],
  });
}

const overlayOf = (fixed: Float32Array, moving: Float32Array, size: Size3): Picture =>
  overlayVolumes(fixed, moving, size, { target: PIXELS });

const chartOf = (losses: readonly number[]): string =>
  lineChart([{ name: 'loss', x: losses.map((_, n) => n + 1), y: losses }], {
    label: `Loss, ${losses.length} iterations`,
    xLabel: 'iteration',
    scale: 'linear',
    window: 1,
  });

const download = (name: string, bytes: Uint8Array): File =>
  new File([bytes as Uint8Array<ArrayBuffer>], name, { type: 'application/octet-stream' });

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
