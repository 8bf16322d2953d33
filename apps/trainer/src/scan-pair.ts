import { readFile } from 'node:fs/promises';
import { readNifti, type Volume } from '@paired3d/nifti';
import {
  folderConfigSchema,
  lung250m,
  parseConfig,
  preparePair,
  workingGridConfig,
  type FolderConfig,
  type Geometry,
  type PreparedPair,
  type RunConfig,
} from '@paired3d/pipeline';
import { fileError } from './file-errors';

/** Two scans on the working grid, and where that lies. */
export interface ScanPair {
  readonly pair: PreparedPair;
  readonly geometry: Geometry;
  /** Affines of the two files, voxel -> RAS mm. */
  readonly affines: { readonly fixed: number[][]; readonly moving: number[][] };
}

/**
 * Reads two scans and prepares them as the training pairs of a configuration are.
 *
 * @param frame `none`: the files lie on the working grid already, as synthetic pairs do; their values are taken as probabilities.
 * @throws PipelineError or NiftiError that names the file that cannot be used.
 */
export async function readScanPair(
  files: { readonly fixed: string; readonly moving: string },
  { source }: RunConfig,
  frame: 'lung250m' | 'none',
): Promise<ScanPair> {
  const [fixed, moving] = [await readScan(files.fixed), await readScan(files.moving)];
  const own = parseConfig(folderConfigSchema, workingGridConfig([...fixed.spacing]), 'data config');
  const prepared = source.kind === 'folder' ? source.dataset : parseConfig(folderConfigSchema, lung250m, 'data config');
  const config: FolderConfig = frame === 'none' ? own : prepared;
  const { pair, geometry } = preparePair([fixed, moving], config, 'register', [files.fixed, files.moving]);
  return { pair, geometry, affines: { fixed: fixed.affine, moving: moving.affine } };
}

async function readScan(file: string): Promise<Volume> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw fileError(file, 'a NIfTI file', error);
  });
  return readNifti(bytes, { name: file });
}
