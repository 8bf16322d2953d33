// Interleaved repetitions: every contender meets the same noise.
import { median } from './statistics.mjs';

/** Milliseconds of the clock, or with `cpuTime` of this process: those that others take from it do not count. */
export function stopwatch(cpuTime) {
  if (!cpuTime) {
    const start = performance.now();
    return () => performance.now() - start;
  }
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
}

/** A sample repeats short work until it lasts about this long. */
const SAMPLE_MS = 20;
/** Stock can be a hundred times slower: it is given no further round after this long. */
const PATIENCE_MS = { stock: 1000 };

/**
 * Times contenders in turn: a, b, c, a, b, c, …
 * @param contenders `{ name: time }`: `time(runs)` resolves to the mean milliseconds of so many runs
 * @returns `{ name: { ms, rounds, times } }`; the times of a contender are one a round, in order
 */
export async function interleave(contenders, rounds) {
  const entries = Object.entries(contenders);
  const runs = {};
  const times = {};
  for (const [name, time] of entries) {
    const once = await time(1); // warm-up
    runs[name] = Math.max(1, Math.ceil(SAMPLE_MS / Math.max(once, 1e-3)));
    times[name] = [];
    if (once > PATIENCE_MS[name]) times[name].push(once);
  }
  const spent = (name) => times[name].reduce((sum, ms) => sum + ms * runs[name], 0);
  for (let round = 0; round < rounds; round++) {
    for (const [name, time] of entries) {
      if (spent(name) > PATIENCE_MS[name]) continue;
      times[name].push(await time(runs[name]));
    }
  }
  return Object.fromEntries(
    entries.map(([name]) => [name, { ms: median(times[name]), rounds: times[name].length, times: times[name] }]),
  );
}

/** Median over the rounds of how many times longer `other` takes than `one`. */
export function ratio(one, other) {
  if (!one || !other) return undefined;
  if (one.rounds !== other.rounds) return other.ms / one.ms;
  return median(other.times.map((ms, round) => ms / one.times[round]));
}
