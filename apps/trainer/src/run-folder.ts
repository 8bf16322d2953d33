import { selectBackend, type SelectedBackend } from './backend';
import type { CliContext } from './context';
import { lockFolder } from './lock';
import { NodeStorage } from './node-storage';
import type { SharedOptions } from './options';
import { progressMode, showProgress, type Progress } from './progress';

/** What a command that computes works with. */
export interface OpenRun {
  readonly storage: NodeStorage;
  readonly backend: SelectedBackend;
  readonly progress: Progress;
}

/**
 * Opens and locks an output folder, starts the backend, shows progress, and puts everything away when the action ends, however it does.
 *
 * @throws PipelineError when the folder cannot be used, another run is in it, or the backend cannot be had.
 */
export async function withRun<T>(
  options: Pick<SharedOptions, 'backend' | 'precision' | 'json' | 'quiet'> & { readonly out: string },
  context: CliContext,
  action: (run: OpenRun) => Promise<T>,
): Promise<T> {
  // First: nothing is written if it fails.
  const backend = await selectBackend(options.backend, context.loadModule, options.precision);
  const storage = await NodeStorage.open(options.out);
  const lock = await lockFolder(options.out);
  const { stdout, stderr } = context;
  const progress = showProgress({ mode: progressMode(options, stderr), stdout, stderr });
  try {
    for (const text of backend.warnings) progress.listener({ type: 'message', level: 'warning', text });
    return await action({ storage, backend, progress });
  } finally {
    progress.close();
    lock.release();
  }
}
