import v8 from 'node:v8';

/**
 * How far V8's heap may grow beyond what lives before all of it is marked again. Objects that stand for tensors are garbage
 * within a step, and marking the 30 MB that stay, every other step, took a tenth of the processor's time, on cores that
 * workers compute on. Typed arrays lie outside of the heap, and have a limit of their own.
 */
export const HEAP_GROWTH = '--heap-growing-percent=400';

/** Collects garbage less often, on this thread and on those that are started later. */
export function collectLessOften(): void {
  v8.setFlagsFromString(HEAP_GROWTH);
}
