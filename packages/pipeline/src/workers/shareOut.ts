import { throwIfAborted } from '../errors';
import { pause } from '../pause';
import type { RunContext } from '../run/context';
import { onSharedMemory } from './sharedMemory';
import type { Job, JobKind } from './workers';

/**
 * Does independent items, on every worker that the run has: whoever is free takes the next one.
 * @param work the stage's name, the kind of job and its set-up
 * @param done keeps a result; called in the order in which items are finished
 * @throws Interrupted when the signal is raised; else the first error, after the others have stopped
 */
export async function shareOut<Setup, Item, Result>(
  context: Pick<RunContext, 'workers' | 'signal'>,
  { stage, kind, setup }: { stage: string; kind: JobKind<Setup, Item, Result>; setup: Setup },
  items: readonly Item[],
  done: (result: Result, item: Item) => Promise<void>,
): Promise<void> {
  if (items.length === 0) return;
  const stop = new AbortController();
  const signal = context.signal ? AbortSignal.any([context.signal, stop.signal]) : stop.signal;
  const queue = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const own = await kind.open(setup, signal);
  let helpers: Job<Item, Result>[] = [];
  const closeHelpers = () => Promise.all(helpers.map((helper) => helper.close()));
  // The job of this thread hears the signal itself; to the others it is told.
  const onAbort = () => void closeHelpers().catch(() => {});
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    helpers = await openHelpers(context, kind, setup, items.length);
    await Promise.all([...helpers, own].map(work));
  } finally {
    signal.removeEventListener('abort', onAbort);
    await closeHelpers();
    await own.close();
  }
  throwIfAborted(context.signal, stage);
  if (failures.length > 0) throw failures[0];

  async function work(job: Job<Item, Result>): Promise<void> {
    try {
      for (const item of queue) {
        await pause();
        if (signal.aborted) return;
        await done(await job.run(item), item);
      }
    } catch (error) {
      failures.push(error);
      stop.abort();
    }
  }
}

/** The helpers' jobs of a kind, for work that can be divided in `parts`; the calling thread takes one of them. */
export async function openHelpers<Setup, Item, Result>(
  { workers }: Pick<RunContext, 'workers'>,
  kind: JobKind<Setup, Item, Result>,
  setup: Setup,
  parts: number,
): Promise<Job<Item, Result>[]> {
  const most = Math.min(workers?.helpers ?? 0, parts - 1);
  if (most < 1) return [];
  return (await workers!.open(kind.name, onSharedMemory(setup), most)) as Job<Item, Result>[];
}
