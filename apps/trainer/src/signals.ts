import { exitCodes, type StopSignal } from './exit';

/** The part of `process` that is used here. */
export interface SignalSource {
  on(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
  off(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
}

/** How a run learns that it is to stop. */
export interface StopRequests {
  /** Raised by the first SIGINT or SIGTERM: stages then save a checkpoint and throw `Interrupted`. */
  readonly signal: AbortSignal;
  /** Which it was. */
  stoppedBy(): StopSignal | undefined;
  /** Leaves the signals to Node again. */
  dispose(): void;
}

/**
 * Turns the first stop signal into a raised AbortSignal and ends the process on the second.
 *
 * @param say tells the person what is going on.
 * @param exit ends the process at once.
 */
export function listenForStop(
  source: SignalSource,
  say: (text: string) => void,
  exit: (code: number) => void,
): StopRequests {
  const controller = new AbortController();
  let first: StopSignal | undefined;
  const listener = (signal: StopSignal): void => {
    if (first) return exit(exitCodes[signal]);
    first = signal;
    say('stopping after a checkpoint; once more to stop at once');
    controller.abort();
  };
  const signals: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];
  for (const signal of signals) source.on(signal, listener);
  return {
    signal: controller.signal,
    stoppedBy: () => first,
    dispose: () => signals.forEach((signal) => source.off(signal, listener)),
  };
}
