import { parentPort, workerData } from 'node:worker_threads';
import { openJob, type Job } from '@paired3d/pipeline';
import { startWasm } from './backend';
import { packError, type Reply, type Request, type WorkerStart } from './worker-messages';

/** A thread of the worker pool: it has a wasm backend of its own, and does what the main thread asks for. */
const port = parentPort!;
const { relaxedSimd } = workerData as WorkerStart;

interface OpenJob {
  readonly job: Job;
  readonly stop: AbortController;
  /** Settles when all items that were asked for are done. */
  running: Promise<unknown>;
}

const ready = startWasm({ relaxedSimd });
const jobs = new Map<number, OpenJob>();

port.on('message', (request: Request) => {
  handle(request).then(
    (result) => port.postMessage({ id: request.id, result } satisfies Reply),
    (error: unknown) => port.postMessage({ id: request.id, error: packError(error) } satisfies Reply),
  );
});

async function handle(request: Request): Promise<unknown> {
  if (request.type === 'open') {
    await ready;
    const stop = new AbortController();
    const job = await openJob(request.name, request.setup, stop.signal);
    jobs.set(request.job, { job, stop, running: Promise.resolve() });
    return;
  }
  const open = jobs.get(request.job)!;
  if (request.type === 'run') {
    const result = open.running.then(() => {
      open.stop.signal.throwIfAborted();
      return open.job.run(request.item);
    });
    open.running = result.catch(() => {});
    return result;
  }
  open.stop.abort();
  jobs.delete(request.job);
  await open.running;
  await open.job.close();
}
