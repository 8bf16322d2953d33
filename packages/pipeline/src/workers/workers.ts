/**
 * Where the work of a run is done. A stage divides its work into items that do not depend on each other (the samples of a
 * batch, the cases of an evaluation); a job does such items on one thread. The calling thread always takes part, and an
 * application may lend more: it starts them, has each call `openJob`, and carries messages to and fro.
 */

/** A job that is open on some thread. */
export interface Job<Item = unknown, Result = unknown> {
  /** Does one item; not called again before it is done. */
  run(item: Item): Promise<Result>;
  /** Stops what is running, as if its signal were raised, and frees everything. May be called again. */
  close(): void | Promise<void>;
}

/** A kind of job. What it is given and what it gives are plain values and typed arrays, so that messages can carry them. */
export interface JobKind<Setup, Item, Result> {
  readonly name: string;
  /** @param signal stops a long item on its way; `run` then rejects */
  open(setup: Setup, signal?: AbortSignal): Promise<Job<Item, Result>>;
}

/** Threads beside the calling one that an application lends to a run. */
export interface Workers {
  /** how many there are at most */
  readonly helpers: number;
  /**
   * Opens a job on some of them. Arrays on shared memory are shared, everything else is copied. These jobs may be called
   * again at any time: an item waits until those before it are done.
   * @param most threads that have something to do
   * @throws PipelineError with exit code 75 when a thread ends; so do its jobs' `run`
   */
  open(name: string, setup: unknown, most: number): Promise<Job[]>;
}
