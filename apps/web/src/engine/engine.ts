import { cancelled, FailureError, type Failure } from '../failure';
import type { FromWorker, Input, Output, Progress, RequestName, ToWorker } from '../protocol';

/** The part of a `Worker` that is used. */
export interface WorkerLike {
  postMessage(message: ToWorker): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  onmessageerror: ((event: MessageEvent) => void) | null;
}

export interface RequestOptions<N extends RequestName> {
  readonly onProgress?: (progress: Progress<N>) => void;
  readonly signal?: AbortSignal;
}

interface Pending {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress?: (progress: unknown) => void;
}

/** Milliseconds that the worker has to hear that it is to stop; then it is ended. */
const GRACE = 4000;

/**
 * The page's side of the worker: requests become promises. Every promise settles: the worker answers, it breaks, or, when
 * a cancelled request does not end in time, it is terminated. After that `alive` is false, and a new engine is to be made.
 */
export class Engine {
  private readonly pending = new Map<number, Pending>();
  private next = 1;
  private dead: Failure | undefined;

  constructor(
    private readonly worker: WorkerLike,
    private readonly grace = GRACE,
  ) {
    worker.onmessage = ({ data }) => this.receive(data);
    worker.onerror = (event) => this.end(broken(event.message || 'the worker did not start'));
    worker.onmessageerror = () => this.end(broken('a message could not be read'));
  }

  get alive(): boolean {
    return this.dead === undefined;
  }

  /** @throws FailureError, of kind `cancelled` when the signal was raised */
  request<N extends RequestName>(name: N, input: Input<N>, options: RequestOptions<N> = {}): Promise<Output<N>> {
    const { onProgress, signal } = options;
    if (this.dead) return Promise.reject(new FailureError(this.dead));
    if (signal?.aborted) return Promise.reject(cancelled());
    const id = this.next++;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = () => {
      this.worker.postMessage({ type: 'cancel', id });
      timer = setTimeout(() => this.end(cancelled().failure), this.grace);
    };
    signal?.addEventListener('abort', stop, { once: true });
    return new Promise<Output<N>>((resolve, reject) => {
      this.pending.set(id, {
        resolve: resolve as (output: unknown) => void,
        reject,
        onProgress: onProgress as ((progress: unknown) => void) | undefined,
      });
      this.worker.postMessage({ type: 'request', id, name, input });
    }).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    });
  }

  /** Ends the worker; what is under way fails with `failure`. */
  end(failure: Failure): void {
    if (this.dead) return;
    this.dead = failure;
    this.worker.terminate();
    for (const { reject } of this.pending.values()) reject(new FailureError(failure));
    this.pending.clear();
  }

  private receive(message: FromWorker): void {
    if (message.type === 'lost') return this.end(message.failure);
    const pending = this.pending.get(message.id);
    if (!pending) return;
    if (message.type === 'progress') return pending.onProgress?.(message.progress);
    this.pending.delete(message.id);
    if (message.type === 'result') pending.resolve(message.output);
    else pending.reject(new FailureError(message.failure));
  }
}

const broken = (detail: string): Failure => ({
  kind: 'unexpected',
  title: 'The computation broke off',
  detail: `The browser says: ${detail}. Try again; if that does not help, reload the page.`,
  remedies: ['retry', 'use-wasm'],
});
