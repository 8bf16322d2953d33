import { readFile } from 'node:fs/promises';
import { readNifti, type Volume } from '@paired3d/nifti';
import { prepareScanPair, type RunConfig, type ScanFrame, type ScanPair } from '@paired3d/pipeline';
import { fileError } from './file-errors';

/**
 * Reads two scans and prepares them as the training pairs of a configuration are.
 *
 * @throws PipelineError or NiftiError that names the file that cannot be used.
 */
export async function readScanPair(
  files: { readonly fixed: string; readonly moving: string },
  { source }: RunConfig,
  frame: ScanFrame,
): Promise<ScanPair> {
  const [fixed, moving] = await Promise.all([readScan(files.fixed), readScan(files.moving)]);
  return prepareScanPair({ fixed, moving }, files, source, frame);
}

async function readScan(file: string): Promise<Volume> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw fileError(file, 'a NIfTI file', error);
  });
  return readNifti(bytes, { name: file });
}
