import { Worker } from 'node:worker_threads';
import { PipelineError, type Job, type Workers } from '@paired3d/pipeline';
import { unpackError, type Reply, type Request, type WorkerStart } from './worker-messages';

/** How a request is answered. */
interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;

/**
 * Threads beside the main one, each with a wasm backend of its own. They start when there is something for them to do and
 * serve every stage of a run, until the pool is closed.
 */
export class WorkerPool implements Workers {
  private readonly threads: Thread[] = [];
  private jobs = 0;

  /** @param entry the file that a thread runs: `worker.ts`, built */
  constructor(
    readonly helpers: number,
    private readonly options: WorkerStart & { readonly entry: URL },
  ) {}

  async open(name: string, setup: unknown, most: number): Promise<Job[]> {
    const count = Math.min(most, this.helpers);
    while (this.threads.length < count) {
      // The main thread is worker 1.
      this.threads.push(new Thread(`worker ${this.threads.length + 2}`, this.options));
    }
    const job = this.jobs++;
    return Promise.all(
      this.threads.slice(0, count).map(async (thread) => {
        await thread.ask({ type: 'open', job, name, setup });
        let closed: Promise<void> | undefined;
        return {
          run: (item: unknown) => thread.ask({ type: 'run', job, item }),
          close: () => (closed ??= thread.ask({ type: 'close', job }).then(() => {}, ignoreDeath)),
        };
      }),
    );
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.end()));
  }
}

/** One thread, and the requests that it has not answered yet. */
class Thread {
  private readonly worker: Worker;
  private readonly pending = new Map<number, Pending>();
  private requests = 0;
  private failure: Error | undefined;

  constructor(
    private readonly name: string,
    { relaxedSimd, entry }: WorkerStart & { readonly entry: URL },
  ) {
    this.worker = new Worker(entry, { workerData: { relaxedSimd } satisfies WorkerStart });
    this.worker.on('message', (reply: Reply) => this.settle(reply));
    this.worker.on('messageerror', (error) => this.fail(error.message, error));
    this.worker.on('error', (error) => this.fail((error as Error).message, error));
    this.worker.on('exit', (code) => this.fail(`its end with code ${code}`));
  }

  ask(request: Unnumbered<Request>): Promise<unknown> {
    if (this.failure) return Promise.reject(this.failure);
    const id = this.requests++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.worker.postMessage({ ...request, id } as Request);
    });
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }

  private settle(reply: Reply): void {
    const { resolve, reject } = this.pending.get(reply.id)!;
    this.pending.delete(reply.id);
    if ('error' in reply) reject(unpackError(reply.error));
    else resolve(reply.result);
  }

  private fail(got: string, cause?: unknown): void {
    this.failure ??= new WorkerEnded(this.name, got, cause);
    for (const { reject } of this.pending.values()) reject(this.failure);
    this.pending.clear();
  }
}

/** A thread has ended, of itself or for want of memory. What was done is in the last checkpoint. */
class WorkerEnded extends PipelineError {
  constructor(where: string, got: string, cause?: unknown) {
    const advice = 'run the same command again to go on; if memory is short, with fewer --workers';
    super({ where, expected: 'a thread that works to the end', got, advice, exitCode: 75, cause });
  }
}

/** A job that ended with its thread is closed; whoever waits for its results has been told. */
function ignoreDeath(error: unknown): void {
  if (!(error instanceof WorkerEnded)) throw error;
}
