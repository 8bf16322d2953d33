/** Lets messages be heard: a request to cancel waits in the queue while the backends compute. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
