/** Seconds that work is going to take, from how its steps went so far; undefined before the second one. */
export class Eta {
  private readonly times: number[] = [];

  constructor(private readonly clock: () => number = () => performance.now() / 1000) {}

  /** @param done steps, of `total` */
  left(done: number, total: number): number | undefined {
    this.times[done] = this.clock();
    // The last few steps: the first one compiles and warms up, and later stages of an optimisation are slower.
    const from = Math.max(Math.min(1, done), done - 10);
    const [start, now] = [this.times[from], this.times[done]];
    if (done === from || start === undefined || total <= done) return total > 0 && done >= total ? 0 : undefined;
    return ((now - start) / (done - from)) * (total - done);
  }
}

/** Seconds in words, for a person who waits. */
export function seconds(value: number): string {
  if (value < 10) return `${value.toFixed(1)} s`;
  if (value < 90) return `${Math.round(value)} s`;
  return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}
