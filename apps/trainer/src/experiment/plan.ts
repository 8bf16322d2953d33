import { rm } from 'node:fs/promises';
import path from 'node:path';
import { Writable } from 'node:stream';
import { PipelineError } from '@paired3d/pipeline';
import type { NodeStorage } from '../node-storage';
import { trainCommand, type Arguments, type Setting } from './commands';
import type { Training } from './trainings';

/** Updates of each network, by the training's id. */
export type Steps = Readonly<Record<string, number>>;

/** Kept, so that the same command goes on with the same trainings however fast the machine is by then. */
interface Plan {
  /** Of all trainings together. */
  readonly minutes: number;
  readonly steps: Steps;
}

const PLAN = 'plan.json';
/** Steps by which the speed is measured; the first is slower. */
const TRIAL = 5;
/** At twice the resolution a step costs eight times as much: such a training gets so many times the share of another. */
const DOUBLED_SHARE = 2;
/** Without minutes it gets this part of the steps of another. */
const DOUBLED_STEPS = 1 / 4;

/** The configuration's steps. */
export function stepsOf({ config }: Setting, trainings: readonly Training[]): Steps {
  const part = ({ resolution }: Training) => (resolution === 'doubled' ? DOUBLED_STEPS : 1);
  return Object.fromEntries(
    trainings.map((training) => [training.id, Math.ceil(part(training) * config.registration.steps)]),
  );
}

/**
 * The steps that fit into minutes: these are divided among the trainings, and a few steps at each resolution tell how fast
 * the machine is. Kept in the output folder, and read from there the next time.
 *
 * @param run does a command of ours; `stdout` gets what it writes.
 * @throws PipelineError when the folder's plan is another one.
 */
export async function stepsWithin(
  minutes: number,
  setting: Setting,
  trainings: readonly Training[],
  storage: NodeStorage,
  run: (command: Arguments, stdout: Writable) => Promise<void>,
): Promise<Steps> {
  const earlier = await storage.read(PLAN);
  if (earlier) return checked(JSON.parse(new TextDecoder().decode(earlier)) as Plan, trainings, minutes, setting.out);
  const share = ({ resolution }: Training) => (resolution === 'doubled' ? DOUBLED_SHARE : 1);
  const shares = trainings.reduce((sum, training) => sum + share(training), 0);
  // Trainings of a resolution take the same number of steps: their results are compared.
  const perStep: Partial<Record<Training['resolution'], number>> = {};
  const steps: Record<string, number> = {};
  for (const training of trainings) {
    const seconds = (perStep[training.resolution] ??= await secondsPerStep(setting, training, run));
    steps[training.id] = Math.max(1, Math.floor((60 * minutes * share(training)) / shares / seconds));
  }
  const plan: Plan = { minutes, steps };
  await storage.write(PLAN, new TextEncoder().encode(`${JSON.stringify(plan, null, 2)}\n`));
  return steps;
}

function checked({ minutes, steps }: Plan, trainings: readonly Training[], asked: number, out: string): Steps {
  const planned = Object.keys(steps).join(', ');
  const wanted = trainings.map(({ id }) => id).join(', ');
  if (minutes === asked && planned === wanted) return steps;
  throw new PipelineError({
    where: path.join(out, PLAN),
    expected: `a plan of ${asked} minutes for ${wanted}`,
    got: `one of ${minutes} minutes for ${planned}`,
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
