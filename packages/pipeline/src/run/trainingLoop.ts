import type { HostTensor } from '@paired3d/nn';
import { PipelineError, throwIfAborted } from '../errors';
import { pause } from '../pause';
import { Checkpoints, type Checkpoint } from '../storage/checkpoints';
import type { Storage } from '../storage/storage';
import type { RunContext } from './context';

/** What a training loop drives: state in, state out, one step at a time. */
export interface Trainable {
  /** everything a step depends on but the step's number: weights, moments, moving averages */
  state(): Promise<Map<string, HostTensor>>;
  load(state: ReadonlyMap<string, HostTensor>): void;
  /** step number `step`, from 0, with the learning rate multiplied by `rateScale`; returns its metrics, `loss` first */
  update(step: number, rateScale: number): Promise<Record<string, number>>;
}

/** Metrics of every step done. */
export type History = Record<string, number[]>;

/** Times that training goes back to the last good checkpoint at half the rate before it gives up. */
const MAX_ROLLBACKS = 3;

/**
 * Runs a training to its end, going on from the newest checkpoint of the stage's folder.
 *
 * All randomness of a step is keyed by its number, so a run that was killed and resumed does the same steps as one that
 * was not. A loss that is not finite takes the training back to the last checkpoint at half the learning rate.
 * @throws PipelineError when that does not help; Interrupted when the signal is raised (a checkpoint is written first)
 */
export async function trainingLoop(
  context: RunContext,
  folder: Storage,
  { stage, total, trainable }: { stage: string; total: number; trainable: Trainable },
): Promise<History> {
  const checkpoints = new Checkpoints(folder.within('checkpoints'), {
    onDamaged: (path, reason) =>
      context.emit({ type: 'message', level: 'warning', text: `${stage}: ${path} is not used: ${reason}` }),
  });
  let state = startFrom(await checkpoints.latest());
  if (state.tensors) trainable.load(state.tensors);
  context.emit({ type: 'stage-start', stage, total, resumedAt: state.step });
  let savedAt = context.clock();
  // Step 0 is saved too: there must be something to go back to.
  if (!state.tensors) await save();

  while (state.step < total) {
    await pause();
    if (context.signal?.aborted) await save();
    throwIfAborted(context.signal, stage);
    const metrics = await trainable.update(state.step, state.rateScale);
    if (!Object.values(metrics).every(Number.isFinite)) {
      await rollBack(metrics);
      continue;
    }
    record(state.history, metrics);
    state.step++;
    context.emit({ type: 'step', stage, step: state.step, total, metrics });
    if (context.clock() - savedAt >= context.config.checkpointSeconds || state.step === total) await save();
  }
  return state.history;

  async function save(): Promise<void> {
    const { step, history, rateScale, rollbacks } = state;
    await checkpoints.save(step, await trainable.state(), { history, rateScale, rollbacks });
    savedAt = context.clock();
    context.emit({ type: 'checkpoint', stage, step });
  }

  async function rollBack(metrics: Record<string, number>): Promise<void> {
    const { step, rollbacks, rateScale } = state;
    const bad = Object.entries(metrics)
      .filter(([, value]) => !Number.isFinite(value))
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
    const last = await checkpoints.latest();
    if (rollbacks >= MAX_ROLLBACKS || !last) {
      throw new PipelineError({
        where: `${stage}, step ${step}`,
        expected: 'a finite loss',
        got: `${bad}, after going back ${rollbacks} times`,
        advice: 'lower its learning rate',
      });
    }
    trainable.load(last.tensors);
    state = { ...startFrom(last), rollbacks: rollbacks + 1, rateScale: rateScale / 2 };
    const text = `${stage}: ${bad} at step ${step}; going back to step ${last.step} at ${state.rateScale} x the rate`;
    context.emit({ type: 'message', level: 'warning', text });
  }
}

interface LoopState {
  step: number;
  history: History;
  rateScale: number;
  rollbacks: number;
  tensors?: ReadonlyMap<string, HostTensor>;
}

function startFrom(checkpoint: Checkpoint | undefined): LoopState {
  if (!checkpoint) return { step: 0, history: {}, rateScale: 1, rollbacks: 0 };
  const { history, rateScale, rollbacks } = checkpoint.metadata as unknown as Omit<LoopState, 'step'>;
  return { step: checkpoint.step, tensors: checkpoint.tensors, history, rateScale, rollbacks };
}

function record(history: History, metrics: Record<string, number>): void {
  for (const [name, value] of Object.entries(metrics)) (history[name] ??= []).push(Number(value.toPrecision(6)));
}
