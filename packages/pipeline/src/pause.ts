/**
 * Lets timers, signals, the terminal and the page have their turn. Awaiting a tensor's data does not do that on the cpu and wasm backends:
 * a training loop that never pauses does not hear that it is to stop. By a message, which comes at once: a timer waits for
 * a millisecond at least, all threads idle.
 */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
