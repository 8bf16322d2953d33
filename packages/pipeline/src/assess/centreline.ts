import type { Size3 } from '../data/types';
import { componentSizes } from './components';
import { lowest, PaddedMask, STEPS, TOUCHING } from './neighbourhood';

/** What a skeleton measures. */
export interface Centreline {
  /** mm */
  readonly length: number;
  /** Places where three lines or more meet. */
  readonly branchPoints: number;
}

/**
 * Length and branch points of a skeleton.
 *
 * Voxels that touch are joined by a line, unless a third one lies on a way round whose two steps are both shorter: the three
 * at a corner are not a triangle. Voxels with three neighbours or more that touch each other are one branch point.
 *
 * @param skeleton as {@link skeleton} gives it
 * @param spacing mm a voxel along i, j, k
 */
export function measureCentreline(skeleton: ArrayLike<number>, size: Size3, spacing: Size3): Centreline {
  const padded = new PaddedMask(skeleton, size);
  const detours = longerThanDetours(spacing);
  const branching = new Uint8Array(padded.data.length);
  let length = 0;
  for (const at of padded.object()) {
    const neighbours = padded.neighbours(at);
    let count = 0;
    for (let left = neighbours; left !== 0; left &= left - 1) {
      const n = lowest(left);
      count++;
      if ((detours[n] & neighbours) === 0) length += lengthOf(STEPS[n], spacing) / 2; // seen from both its ends
    }
    if (count >= 3) branching[at] = 1;
  }
  const paddedSize = size.map((n) => n + 2) as unknown as Size3;
  return { length, branchPoints: componentSizes(branching, paddedSize).length };
}

const lengthOf = (step: Size3, spacing: Size3): number => Math.hypot(...step.map((d, axis) => d * spacing[axis]));

/** For each neighbour, those by way of which it is reached in two steps that are both shorter than the one to it. */
function longerThanDetours(spacing: Size3): number[] {
  return STEPS.map((to, n) => {
    const direct = lengthOf(to, spacing);
    return STEPS.reduce((bits, via, m) => {
      const rest = to.map((d, axis) => d - via[axis]) as unknown as Size3;
      const shorter = lengthOf(via, spacing) < direct && lengthOf(rest, spacing) < direct;
      return TOUCHING[n] & (1 << m) && shorter ? bits | (1 << m) : bits;
    }, 0);
  });
}
