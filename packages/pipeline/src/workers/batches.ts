import {
  disposeSample,
  orthogonaliseHere,
  stepOverSamples,
  type OrthogonaliseAll,
  type Parameters,
  type SampleGradients,
} from '@paired3d/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { RunContext } from '../run/context';
import { readShared, writeShared, type SharedTensors } from './sharedMemory';
import { openHelpers } from './shareOut';
import type { Job, JobKind } from './workers';

/** A model under training as each worker has it. */
export interface Replica {
  readonly parameters: Parameters;
  /** What sample `index` of step `step` gives with the current weights: nothing else, so that anyone may compute it. */
  sample(step: number, index: number): Promise<SampleGradients>;
  dispose(): void;
}

/** What a helper is told: whose gradients, and which edition of the weights on shared memory they are to be of. */
interface SampleItem {
  readonly step: number;
  readonly index: number;
  readonly edition: number;
}

/** Matrices that a helper is told to orthogonalise, in place. */
interface MatricesItem {
  readonly matrices: SharedTensors;
}

interface WithWeights<Setup> {
  readonly weights: SharedTensors;
  readonly replica: Setup;
}

/** A kind of job that computes the gradients of samples. */
export type TrainingKind<Setup> = JobKind<WithWeights<Setup>, SampleItem | MatricesItem, SharedTensors>;

/** Makes the kind of job of a training from what opens its replica. */
export function trainingKind<Setup>(name: string, open: (setup: Setup) => Replica): TrainingKind<Setup> {
  return {
    name,
    open({ weights, replica: setup }) {
      const replica = open(setup);
      let edition = -1;
      // Two, in turn: one is read while the next sample is written.
      let [given, other] = [undefined, undefined] as (SharedTensors | undefined)[];
      const run = async (item: SampleItem | MatricesItem) => {
        if ('matrices' in item) return orthogonaliseShared(item.matrices);
        if (item.edition !== edition) takeWeights(replica.parameters, weights);
        edition = item.edition;
        const sample = await replica.sample(item.step, item.index);
        [given, other] = [await writeShared(named(sample), other), given];
        disposeSample(sample);
        return given;
      };
      return Promise.resolve({ run, close: () => replica.dispose() });
    },
  };
}

/**
 * Training steps on batches, micro-batches of one sample that are divided among the workers. The batch's loss is the mean
 * of the samples' losses, and gradients are added up in the order of the samples: a step has the same bits with any number
 * of workers, and needs the memory of one sample a worker.
 *
 * Data parallelism with synchronous updates, as in Goyal et al., 2017, arXiv:1706.02677.
 */
export class Batches {
  private edition = 0;
  private helpers: Job<SampleItem | MatricesItem, SharedTensors>[] = [];
  /** Where each helper is given matrices. */
  private readonly matrices: SharedTensors[] = [];
  private weights: SharedTensors | undefined;

  private constructor(
    private readonly replica: Replica,
    private readonly size: number,
  ) {}

  /** @param replica the calling thread's, whose weights are trained; not disposed here */
  static async open<Setup>(
    context: RunContext,
    kind: TrainingKind<Setup>,
    setup: Setup,
    { replica, size }: { replica: Replica; size: number },
  ): Promise<Batches> {
    const batches = new Batches(replica, size);
    if ((context.workers?.helpers ?? 0) > 0 && size > 1) {
      batches.weights = await writeShared(replica.parameters.entries);
      batches.helpers = await openHelpers(context, kind, { weights: batches.weights, replica: setup }, size);
    }
    return batches;
  }

  /** One step; `apply` updates the weights with the mean gradients and the facts of all samples. */
  async step<Metrics>(
    step: number,
    apply: (gradients: ReadonlyMap<string, tf.Tensor>, facts: SampleGradients['facts'][]) => Promise<Metrics>,
  ): Promise<Metrics> {
    const { replica, helpers, size } = this;
    if (helpers.length > 0) await writeShared(replica.parameters.entries, this.weights);
    const edition = this.edition++;
    const threads = helpers.length + 1;
    const given = new Map<number, Promise<SharedTensors>>();
    const ask = (index: number) => {
      const place = index % threads;
      if (place === 0 || index >= size) return;
      const result = helpers[place - 1].run({ step, index, edition });
      // Whoever fails first is heard; the others must not count as unheard.
      result.catch(() => {});
      given.set(index, result);
    };
    // Each helper has a sample in hand and one in its queue: it does not wait until this thread has done its own.
    const ahead = 2 * threads;
    for (let index = 0; index < ahead; index++) ask(index);
    return stepOverSamples(
      size,
      async (index) => {
        if (index % threads === 0) return replica.sample(step, index);
        const sample = sampleOf(readShared(await given.get(index)!));
        ask(index + ahead);
        return sample;
      },
      apply,
    );
  }

  /** Orthogonalises matrices on all threads: a step of Muon would leave the helpers idle. */
  readonly orthogonalise: OrthogonaliseAll = async (matrices) => {
    const { helpers } = this;
    const [own, ...others] = evenParts(matrices, helpers.length + 1);
    for (const [i, part] of others.entries()) this.matrices[i] = await writeShared(part, this.matrices[i]);
    const given = helpers.map((helper, i) => helper.run({ matrices: this.matrices[i] }));
    const results = await orthogonaliseHere(own);
    for (const shared of await Promise.all(given)) {
      for (const [name, matrix] of readShared(shared)) results.set(name, matrix as tf.Tensor2D);
    }
    return results;
  };

  /** Ends the helpers' part. */
  async close(): Promise<void> {
    await Promise.all(this.helpers.map((helper) => helper.close()));
  }
}

/** Matrices divided so that each part is about as much work to orthogonalise: the largest first, each to whom has least. */
function evenParts(matrices: ReadonlyMap<string, tf.Tensor2D>, count: number): Map<string, tf.Tensor2D>[] {
  const parts = Array.from({ length: count }, () => ({ work: 0, part: new Map<string, tf.Tensor2D>() }));
  const withWork = [...matrices].map(([name, matrix]) => {
    const [short, long] = [...matrix.shape].sort((a, b) => a - b);
    return { name, matrix, work: short ** 2 * (2 * long + short) };
  });
  for (const { name, matrix, work } of withWork.sort((a, b) => b.work - a.work)) {
    const least = parts.reduce((a, b) => (b.work < a.work ? b : a));
    least.part.set(name, matrix);
    least.work += work;
  }
  return parts.map(({ part }) => part);
}

async function orthogonaliseShared(shared: SharedTensors): Promise<SharedTensors> {
  const matrices = readShared(shared) as Map<string, tf.Tensor2D>;
  const results = await orthogonaliseHere(matrices);
  await writeShared(results, shared);
  tf.dispose([...matrices.values(), ...results.values()]);
  return shared;
}

const FACT = 'fact ';

/** Gradients and facts under one list of names. */
function named({ gradients, facts }: SampleGradients): Map<string, tf.Tensor> {
  return new Map([...gradients, ...Object.entries(facts).map(([name, fact]) => [FACT + name, fact] as const)]);
}

function sampleOf(tensors: ReadonlyMap<string, tf.Tensor>): SampleGradients {
  const isFact = ([name]: readonly [string, tf.Tensor]) => name.startsWith(FACT);
  const all = [...tensors];
  return {
    gradients: new Map(all.filter((entry) => !isFact(entry))),
    facts: Object.fromEntries(all.filter(isFact).map(([name, fact]) => [name.slice(FACT.length), fact])),
  };
}

function takeWeights(parameters: Parameters, shared: SharedTensors): void {
  tf.tidy(() => {
    for (const [name, value] of readShared(shared)) parameters.entries.get(name)!.assign(value);
  });
}
