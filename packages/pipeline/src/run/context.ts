import type { PairSource } from '../data/types';
import type { Storage } from '../storage/storage';
import type { Workers } from '../workers/workers';
import type { RunConfig } from './config';
import type { EventListener } from './events';

/** The models that a run can take from elsewhere. */
export type ModelName = 'vqae' | 'diffusion' | 'registration';

/** What stages run with: everything outside of them comes in through here. */
export interface RunContext {
  readonly config: RunConfig;
  /** the output folder; each stage has a folder of its own in it */
  readonly storage: Storage;
  readonly source: PairSource;
  /** model folders to use instead of training */
  readonly models?: Readonly<Partial<Record<ModelName, Storage>>>;
  /** a registration network, trained at any resolution, whose weights trainings of one begin with */
  readonly start?: Storage;
  /** token grids to train the denoiser on (`train/`, `validation/`), instead of making them with an autoencoder */
  readonly tokens?: Storage;
  /** threads beside the calling one; none by default. The result does not depend on them. */
  readonly workers?: Workers;
  readonly emit: EventListener;
  readonly signal?: AbortSignal;
  /** seconds, monotonic */
  readonly clock: () => number;
  /** bytes the process holds, if it can be known */
  readonly memory?: () => number;
}
