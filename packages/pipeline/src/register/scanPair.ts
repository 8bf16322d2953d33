import type { Volume } from '@paired3d/nifti';
import { folderConfigSchema, parseConfig, type FolderConfig, type FolderConfigInput } from '../data/config';
import { lung250m, workingGridConfig } from '../data/datasets';
import { preparePair } from '../data/folder';
import type { Geometry } from '../data/prepare';
import type { PreparedPair } from '../data/types';
import type { RunConfig } from '../run/config';

/** Two scans on the working grid, and where that lies. */
export interface ScanPair {
  readonly pair: PreparedPair;
  readonly geometry: Geometry;
  /** Affines of the two files, voxel -> RAS mm. */
  readonly affines: { readonly fixed: number[][]; readonly moving: number[][] };
  /** The files as they are. */
  readonly volumes: { readonly fixed: Volume; readonly moving: Volume };
}

/** How scans become a working grid. */
export interface ScanFrame {
  /** `none`: the files lie on the working grid already, as synthetic pairs do. */
  readonly frame: 'lung250m' | 'none';
  /** Of `none`: values of any range, brought to [0, 1], instead of probabilities. */
  readonly intensities?: boolean;
  /** Of `none`: at most so many voxels along the longest side; finer scans are resampled, for the registration alone. */
  readonly finest?: number;
  /** At least so many voxels along the frame's longest side, whatever the configuration pools to. */
  readonly resolution?: number;
}

/**
 * Prepares two scans as the training pairs of a configuration are.
 *
 * @param names of the files, for messages
 * @throws PipelineError, DataReportError that names the file that cannot be used
 */
export function prepareScanPair(
  volumes: { readonly fixed: Volume; readonly moving: Volume },
  names: { readonly fixed: string; readonly moving: string },
  source: RunConfig['source'],
  { frame, intensities = false, finest, resolution }: ScanFrame,
): ScanPair {
  const { fixed, moving } = volumes;
  const own = parseConfig(folderConfigSchema, ownGrid(fixed, finest), 'data config');
  const prepared = source.kind === 'folder' ? source.dataset : parseConfig(folderConfigSchema, lung250m, 'data config');
  const config = frame === 'none' ? own : finer(prepared, resolution);
  const shown = frame === 'none' && intensities ? [toUnit(fixed), toUnit(moving)] : [fixed, moving];
  const { pair, geometry } = preparePair([shown[0], shown[1]], config, 'register', [names.fixed, names.moving]);
  return { pair, geometry, affines: { fixed: fixed.affine, moving: moving.affine }, volumes };
}

/** The grid of the scan itself, or one as much coarser as `finest` asks for. */
function ownGrid({ shape, spacing }: Volume, finest = Infinity): FolderConfigInput {
  const longest = Math.max(...shape);
  if (longest <= finest) return workingGridConfig([...spacing]);
  const [i, j, k] = spacing.map((mm) => (mm * longest) / finest);
  return { ...workingGridConfig([i, j, k]), resample: true };
}

/** Voxels of the frame's longest side that an optimisation's finest stage looks at, and that overlap is measured on. */
export const RESOLUTION = 128;

/** The configuration with the most pooling that leaves the frame `resolution` voxels along its longest side. */
export function finer(config: FolderConfig, resolution: number | undefined): FolderConfig {
  const { frame, pool } = config;
  if (!frame || resolution === undefined || typeof pool !== 'number') return config;
  const fits = (factor: number) =>
    frame.size.every((n) => n % factor === 0) && Math.max(...frame.size) >= factor * resolution;
  const factors = Array.from({ length: pool }, (_, n) => pool - n);
  return { ...config, pool: factors.find(fits) ?? pool };
}

/** Values from the least to the greatest as 0 to 1; an even scan is 0. */
function toUnit(volume: Volume): Volume {
  let [least, most] = [Infinity, -Infinity];
  for (const value of volume.data) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const range = most - least;
  const scale = range > 0 && Number.isFinite(range) ? 1 / range : 0;
  const data = new Float32Array(volume.data.length);
  for (let v = 0; v < data.length; v++) data[v] = (volume.data[v] - least) * scale;
  return { ...volume, data };
}
