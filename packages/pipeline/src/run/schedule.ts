import { cosine, cosineWarmRestarts, warmup } from '@paired3d/nn';
import type { Schedule } from './config';

/** Factor of the learning rate at `step` (from 0) of `total`. */
export function scheduleFactor(schedule: Schedule, step: number, total: number): number {
  switch (schedule.kind) {
    case 'constant':
      return 1;
    case 'warmup':
      return warmup(step, schedule.warmup);
    case 'cosine':
      return warmup(step, schedule.warmup) * cosine(step, total);
    case 'restarts':
      return cosineWarmRestarts(step, Math.max(1, Math.floor(total / schedule.first)), 2);
  }
}
