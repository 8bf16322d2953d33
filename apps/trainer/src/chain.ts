import {
  canonicalJson,
  checkMemory,
  run,
  splitsNeeded,
  stagesNeeded,
  throwIfAborted,
  type ModelName,
  type RunConfig,
  type RunResult,
  type StageName,
} from '@paired3d/pipeline';
import type { SelectedBackend } from './backend';
import type { CliContext } from './context';
import { WASM_HEAP, machineMemory, peakMemory } from './machine';
import { openModel, openModels } from './model-folders';
import { NodeStorage } from './node-storage';
import type { SharedOptions } from './options';
import { openPairs } from './pair-source';
import { CONFIG_FILE } from './run-config';
import { withRun } from './run-folder';
import type { DataOptions, ModelOptions } from './run-options';
import { openWorkers } from './workers';

/** The options of every command that runs stages. */
export type ChainOptions = SharedOptions &
  DataOptions &
  ModelOptions & {
    readonly out: string;
    /** token grids to train the denoiser on */
    readonly tokens?: string;
    /** a registration network whose weights the training begins with */
    readonly start?: string;
  };

/** What stages were run with, and what they left. */
export interface ChainOutcome {
  readonly config: RunConfig;
  readonly storage: NodeStorage;
  readonly backend: SelectedBackend;
  /** Threads that computed. */
  readonly workers: number;
  readonly result: RunResult;
}

/**
 * Runs stages in an output folder, going on where an earlier run stopped. Data, models and configuration are checked before the
 * folder is made or touched; the configuration is kept in it as `config.json`.
 *
 * @param finish what is still to be done while the folder is held.
 * @throws PipelineError for everything that a person can mend; Interrupted when the run was asked to stop.
 */
export async function runChain<T>(
  { options, context, config }: { options: ChainOptions; context: CliContext; config: RunConfig },
  targets: readonly StageName[],
  finish: (outcome: ChainOutcome) => Promise<T>,
): Promise<T> {
  const models = await openModels(options, options.out);
  const tokens = options.tokens === undefined ? undefined : await NodeStorage.existing(options.tokens);
  const start = options.start === undefined ? undefined : await openModel('registration', options.start, '--start');
  const splits = tokens ? [] : splitsNeeded(targets, config, Object.keys(models) as ModelName[]);
  const source = await openPairs(config, options, splits, context.signal);
  return withRun(options, context, async ({ storage, backend, progress }) => {
    const { count, pool, warning } = openWorkers(options.workers, backend, context);
    if (backend.name === 'wasm') {
      const limits = { heap: WASM_HEAP, workers: count, machine: machineMemory() };
      checkMemory(config, stagesNeeded(targets, config, Object.keys(models) as ModelName[]), limits);
    }
    await storage.write(CONFIG_FILE, new TextEncoder().encode(`${canonicalJson(config, 2)}\n`));
    if (warning) progress.listener({ type: 'message', level: 'warning', text: warning });
    const result = await run(
      {
        config,
        storage,
        source,
        models,
        start,
        tokens,
        workers: pool,
        emit: progress.listener,
        signal: context.signal,
        clock: () => performance.now() / 1000,
        memory: peakMemory,
      },
      targets,
    ).finally(() => pool?.close());
    progress.close();
    throwIfAborted(context.signal, `after ${targets.join(', ')}`);
    return finish({ config, storage, backend, workers: count, result });
  });
}
