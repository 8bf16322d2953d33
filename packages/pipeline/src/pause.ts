/**
 * Lets timers, signals, the terminal and the page have their turn. Awaiting a tensor's data does not do that on the cpu and wasm backends:
 * a training loop that never pauses does not hear that it is to stop.
 */
export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
