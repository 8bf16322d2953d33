/** How many tokens have been revealed after each part of the passes. */
export const sampleSchedules = ['linear', 'cosine', 'geometric'] as const;
export type SampleSchedule = (typeof sampleSchedules)[number];

/**
 * Share of an image's tokens that is revealed when a share of the passes, `done` in [0, 1], is over: `linear`, as many in each
 * (the paper); `cosine`, few first (Chang et al., MaskGIT, CVPR 2022); `geometric`, one token in the first pass and then a
 * constant factor more each, so that what is smooth is sampled coarse to fine.
 * @param tokens of the image
 */
export function revealedShare(schedule: SampleSchedule, done: number, tokens: number): number {
  if (done <= 0) return 0;
  if (done >= 1) return 1;
  if (schedule === 'linear') return done;
  if (schedule === 'cosine') return 1 - Math.cos((done * Math.PI) / 2);
  return tokens ** (done - 1);
}
