import type { HostDisplacement } from '@paired3d/registration';
import type { Size3 } from '../data/types';

/** Mean length of a displacement over its grid in millimetres; `extent` is what the grid covers along i, j, k. */
export function meanDisplacement({ data }: HostDisplacement, [i, j, k]: Size3): number {
  let sum = 0;
  for (let at = 0; at < data.length; at += 3) {
    sum += Math.hypot((data[at] * k) / 2, (data[at + 1] * j) / 2, (data[at + 2] * i) / 2);
  }
  return (3 * sum) / data.length;
}
