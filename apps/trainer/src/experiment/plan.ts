import { Writable } from 'node:stream';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { PipelineError } from '@paired3d/pipeline';
import type { NodeStorage } from '../node-storage';
import { trainCommand, type Arguments, type Setting } from './commands';
import type { Training } from './trainings';

/** How long each network is trained; kept, so that the same command goes on with the same trainings. */
export interface Plan {
  /** Of all trainings together; none where the configuration's steps are taken. */
  readonly minutes?: number;
  /** Updates by training. */
  readonly steps: Readonly<Record<string, number>>;
}

const PLAN = 'plan.json';
/** Steps by which the speed is measured; the first is slower. */
const TRIAL = 5;
/** At twice the resolution a step costs eight times as much: such a training gets so many times the share of another. */
const DOUBLED_SHARE = 2;
/** Without `minutes` it gets this part of the steps of another. */
const DOUBLED_STEPS = 1 / 4;

/**
 * The plan of the output folder, or a new one: the minutes are divided among the trainings, and a few steps of each tell how
 * many more fit.
 *
 * @param run does a command of ours; `stdout` gets what it writes.
 * @throws PipelineError when the folder's plan is another one.
 */
export async function planTrainings(
  setting: Setting,
  trainings: readonly Training[],
  minutes: number | undefined,
  storage: NodeStorage,
  run: (command: Arguments, stdout: Writable) => Promise<void>,
): Promise<Plan> {
  const earlier = await storage.read(PLAN);
  if (earlier) return checked(JSON.parse(new TextDecoder().decode(earlier)) as Plan, trainings, minutes, setting.out);
  const steps: Record<string, number> = {};
  const share = ({ resolution }: Training) => (resolution === 'doubled' ? DOUBLED_SHARE : 1);
  const shares = trainings.reduce((sum, training) => sum + share(training), 0);
  const perStep: Partial<Record<Training['resolution'], number>> = {};
  for (const training of trainings) {
    const { resolution, id } = training;
    const usual = setting.config.registration.steps * (resolution === 'doubled' ? DOUBLED_STEPS : 1);
    // Trainings of a resolution take the same number of steps: their results are compared.
    if (minutes !== undefined) perStep[resolution] ??= await secondsPerStep(setting, training, run);
    const affordable = minutes && (60 * minutes * share(training)) / shares / perStep[resolution]!;
    steps[id] = Math.max(1, Math.floor(affordable ?? usual));
  }
  const plan = { minutes, steps };
  await storage.write(PLAN, new TextEncoder().encode(`${JSON.stringify(plan, null, 2)}\n`));
  return plan;
}

function checked(plan: Plan, trainings: readonly Training[], minutes: number | undefined, out: string): Plan {
  const missing = trainings.find(({ id }) => plan.steps[id] === undefined);
  if (plan.minutes === minutes && !missing) return plan;
  throw new PipelineError({
    where: path.join(out, PLAN),
    expected: `a plan for ${minutes ?? 'no limit of'} minutes${missing ? ` with ${missing.id}` : ''}`,
    got: `one for ${plan.minutes ?? 'no limit of'} minutes with ${Object.keys(plan.steps).join(', ')}`,
    advice: 'use another --out, or the options of the experiment that was begun there',
  });
}

/** Measured in the training of a few steps, in a folder of its own. */
async function secondsPerStep(
  setting: Setting,
  training: Training,
  run: (command: Arguments, stdout: Writable) => Promise<void>,
): Promise<number> {
  const times: number[] = [];
  const folder = path.join(setting.out, `speed-${training.resolution}`);
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (chunk.toString().includes('"type":"step"')) times.push(performance.now() / 1000);
      done();
    },
  });
  // What a measurement that was stopped left would be gone on with.
  await rm(folder, { recursive: true, force: true });
  // On real pairs: synthetic ones are of the same size, and need not be made for this.
  await run([...trainCommand(setting, { ...training, on: 'real' }, TRIAL, undefined, folder), '--json'], stdout);
  return (times.at(-1)! - times[0]) / (times.length - 1);
}
