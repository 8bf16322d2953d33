import { writeNifti } from '@paired3d/nifti';
import { registrationFiles, type RegisteredPair, type ScanPair } from '@paired3d/pipeline';
import type { NodeStorage } from './node-storage';

/** Writes `warped.nii.gz` and `displacement.nii.gz`: the moving scan on the grid of the fixed one, and the field. */
export async function writeRegistration(
  { transform }: RegisteredPair,
  scans: ScanPair,
  storage: NodeStorage,
): Promise<void> {
  const { warped, displacement } = registrationFiles(transform, scans);
  await storage.write('warped.nii.gz', writeNifti(warped, { gzip: true }));
  await storage.write('displacement.nii.gz', writeNifti(displacement, { gzip: true }));
}
