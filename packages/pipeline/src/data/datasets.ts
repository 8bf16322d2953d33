import type { FolderConfigInput, SubjectsConfigInput } from './config';

/**
 * Lung250M-4B as the paper prepares it: every label above 0, spacing ignored (files say 0.997 to 1.002 mm), the
 * 256 x 208 x 256 frame, pooled to 64 x 52 x 64, and case 035 cut to its first 280 slices.
 */
export const lung250m: FolderConfigInput = {
  name: 'lung250m',
  pattern: 'case_{case}_{image}',
  images: ['1', '2'],
  landmarks: { cropped: 'case_{case}_cropped.csv', exact: 'case_{case}_exact.csv' },
  labels: 'any',
  dilate: 0,
  resample: false,
  spacing: 1,
  frame: { padTo: [352, 256, 352], start: [48, 32, 48], size: [256, 208, 256] },
  pool: 4,
  cases: { '035': { slices: [0, 280] } },
};

/**
 * The 2D slices of OASIS as neurite-oasis distributes them (Marcus et al., 2007; Hoopes et al., 2022): a folder a subject,
 * 160 x 192 voxels of 1 mm, 24 labels.
 */
export const oasisSlices: SubjectsConfigInput = {
  name: 'oasis-2d',
  pattern: 'OASIS_OAS1_{subject}_MR1/slice_seg24',
  labels: 24,
  size: [1, 160, 192],
  spacing: 1,
  pool: 1,
  pairs: { train: 40, test: 20 },
};

/**
 * Config for folders whose files already lie on the working grid, as synthetic pairs and phantoms are written.
 *
 * @param spacing mm a voxel
 * @param labels `probability` (default) for synthetic pairs, `any` for masks, `{ each: n }` for maps of n labels
 */
export function workingGridConfig(
  spacing: FolderConfigInput['spacing'],
  labels: FolderConfigInput['labels'] = 'probability',
): FolderConfigInput {
  return { name: 'working grid', labels, resample: false, spacing, frame: null, pool: 1 };
}
