import { Random, type HostTensor } from '@paired3d/nn';
import { describe, expect, it } from 'vitest';
import { Interrupted, PipelineError } from '../errors';
import { MemoryStorage } from '../storage/memory-storage';
import type { Storage } from '../storage/storage';
import { messages, smallestConfig, testContext } from '../testing';
import type { RunContext } from './context';
import { trainingLoop, type Trainable } from './trainingLoop';

const TOTAL = 12;

/** Two numbers that wander; what a step does depends on them and on the step's number. */
class Walk implements Trainable {
  weights = Float32Array.of(1, -1);
  readonly rates: number[] = [];

  constructor(private readonly failure: (step: number, rate: number) => number = () => 0) {}

  async state(): Promise<Map<string, HostTensor>> {
    return new Map([['w', { dtype: 'F32', shape: [2], data: this.weights.slice() }]]);
  }

  load(state: ReadonlyMap<string, HostTensor>): void {
    this.weights = (state.get('w')!.data as Float32Array).slice();
  }

  async update(step: number, rate: number): Promise<Record<string, number>> {
    this.rates.push(rate);
    const random = Random.of('walk', step);
    this.weights = this.weights.map((w) => 0.9 * w + rate * random.normal());
    return { loss: this.weights[0] + this.failure(step, rate), other: this.weights[1] };
  }
}

function loop(storage: Storage, trainable: Trainable, changes: Partial<RunContext> = {}, everySeconds = 1) {
  const context = testContext({ config: { ...smallestConfig(3), checkpointSeconds: everySeconds }, ...changes });
  const history = trainingLoop(context, storage, { stage: 'walk', total: TOTAL, trainable });
  return { history, context };
}

/** The uninterrupted run. */
async function whole() {
  const trainable = new Walk();
  const history = await loop(new MemoryStorage(), trainable).history;
  return { history, weights: trainable.weights };
}

describe('trainingLoop', () => {
  it('does every step once, and tells', async () => {
    const { history, context } = loop(new MemoryStorage(), new Walk(), {}, 1e6);
    const { loss, other } = await history;
    expect([loss.length, other.length]).toEqual([TOTAL, TOTAL]);
    expect(context.events[0]).toEqual({ type: 'stage-start', stage: 'walk', total: TOTAL, resumedAt: 0 });
    const steps = context.events.filter((event) => event.type === 'step');
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: TOTAL }, (_, i) => i + 1));
    expect(steps[3]).toMatchObject({ stage: 'walk', total: TOTAL });
    expect(steps.map(({ metrics }) => Number(metrics.loss.toPrecision(6)))).toEqual(loss);
    expect(context.events.filter((event) => event.type === 'checkpoint').map(({ step }) => step)).toEqual([0, TOTAL]);
  });

  it('goes on from any step at which it was stopped as if it had not been', async () => {
    const expected = await whole();
    for (let stop = 1; stop < TOTAL; stop++) {
      const storage = new MemoryStorage();
      const controller = new AbortController();
      const emit: RunContext['emit'] = (event) => {
        if (event.type === 'step' && event.step === stop) controller.abort();
      };
      // Checkpoints are so far apart that only the one of the stop can serve.
      const stopped = loop(storage, new Walk(), { emit, signal: controller.signal }, 1e6);
      await expect(stopped.history).rejects.toThrow(Interrupted);
      const trainable = new Walk();
      trainable.weights.fill(99);
      const { history, context } = loop(storage, trainable);
      expect(await history).toEqual(expected.history);
      expect(trainable.weights).toEqual(expected.weights);
      expect(context.events[0]).toMatchObject({ resumedAt: stop });
    }
  });

  it('goes on from the last checkpoint when it was killed', async () => {
    const expected = await whole();
    for (let kill = 0; kill < TOTAL; kill++) {
      const storage = new MemoryStorage();
      const dying = new Walk((step) => {
        if (step === kill) throw new Error('killed');
        return 0;
      });
      await expect(loop(storage, dying, {}, 3).history).rejects.toThrow('killed');
      const trainable = new Walk();
      trainable.weights.fill(99);
      expect(await loop(storage, trainable).history).toEqual(expected.history);
      expect(trainable.weights).toEqual(expected.weights);
    }
  });

  it('falls back on the checkpoint before a damaged one, and says so', async () => {
    const expected = await whole();
    const storage = new MemoryStorage();
    await loop(storage, new Walk()).history;
    const newest = (await storage.list('checkpoints/')).at(-1)!;
    await storage.write(newest, (await storage.read(newest))!.fill(0, 40, 50));
    const trainable = new Walk();
    const { history, context } = loop(storage, trainable);
    expect(await history).toEqual(expected.history);
    expect(trainable.weights).toEqual(expected.weights);
    expect(messages(context.events)[0]).toMatch(/^walk: step-00000012.checkpoint is not used: /);
  });

  it('does nothing more when it is done', async () => {
    const storage = new MemoryStorage();
    const expected = await loop(storage, new Walk()).history;
    const again = new Walk();
    expect(await loop(storage, again).history).toEqual(expected);
    expect(again.rates).toEqual([]);
  });

  it('goes back to the last checkpoint at half the rate when a loss is not finite', async () => {
    // Fails at step 7 until the rate has been halved twice.
    const trainable = new Walk((step, rate) => (step === 7 && rate > 0.3 ? NaN : 0));
    const { history, context } = loop(new MemoryStorage(), trainable, {}, 5);
    expect((await history).loss.every(Number.isFinite)).toBe(true);
    expect((await history).loss).toHaveLength(TOTAL);
    expect(messages(context.events)).toEqual([
      expect.stringMatching(/^walk: loss NaN at step 7; going back to step \d at 0.5 x the rate$/),
      expect.stringMatching(/^walk: loss NaN at step 7; going back to step \d at 0.25 x the rate$/),
    ]);
    expect(trainable.rates.at(-1)).toBe(0.25);
    expect(trainable.weights.every(Number.isFinite)).toBe(true);
  });

  it('keeps the halved rate when it is resumed', async () => {
    const failure = (step: number, rate: number) => (step === 4 && rate > 0.9 ? Infinity : 0);
    const expected = await loop(new MemoryStorage(), new Walk(failure)).history;
    const storage = new MemoryStorage();
    const controller = new AbortController();
    const emit: RunContext['emit'] = (event) => {
      if (event.type === 'step' && event.step === 8) controller.abort();
    };
    await expect(loop(storage, new Walk(failure), { emit, signal: controller.signal }).history).rejects.toThrow();
    const resumed = new Walk(failure);
    expect(await loop(storage, resumed).history).toEqual(expected);
    expect(new Set(resumed.rates)).toEqual(new Set([0.5]));
  });

  it('gives up after three times, with the reason', async () => {
    const trainable = new Walk((step) => (step === 2 ? NaN : 0));
    const { history, context } = loop(new MemoryStorage(), trainable);
    await expect(history).rejects.toThrow(PipelineError);
    await expect(history).rejects.toThrow(
      'walk, step 2: expected a finite loss, got loss NaN, after going back 3 times; lower its learning rate',
    );
    expect(messages(context.events)).toHaveLength(3);
    expect(trainable.rates.at(-1)).toBe(0.125);
  });

  it('hears a signal that comes from a timer', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 0);
    await expect(loop(new MemoryStorage(), new Walk(), { signal: controller.signal }).history).rejects.toThrow(
      Interrupted,
    );
  });
});
