import type { SelectedBackend } from './backend';
import type { CliContext } from './context';
import { WorkerPool } from './worker-pool';

/** The workers of a run: the main thread, and those of a pool if there are more. */
export interface RunWorkers {
  /** How many threads compute. */
  readonly count: number;
  readonly pool?: WorkerPool;
  /** What a person should know who asked for more. */
  readonly warning?: string;
}

/**
 * As many workers as were asked for (by default one a core), where the backend computes on the processor by our kernels;
 * elsewhere one, the main thread.
 */
export function openWorkers(
  asked: number | undefined,
  { name, relaxedSimd }: SelectedBackend,
  { cores, workerEntry }: Pick<CliContext, 'cores' | 'workerEntry'>,
): RunWorkers {
  const count = asked ?? cores;
  if (name !== 'wasm' || relaxedSimd === undefined) {
    const warning = `--workers ${asked}: the backend ${name} has one worker; only wasm has more`;
    return asked !== undefined && asked > 1 ? { count: 1, warning } : { count: 1 };
  }
  return count > 1 ? { count, pool: new WorkerPool(count - 1, { relaxedSimd, entry: workerEntry }) } : { count };
}
