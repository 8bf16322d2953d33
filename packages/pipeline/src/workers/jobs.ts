import { assessmentJob } from '../assess/assessStage';
import { PipelineError } from '../errors';
import { diffusionJob } from '../stages/diffusion';
import { evaluationJob } from '../stages/evaluate';
import { motionJob } from '../stages/motion';
import { registrationJob } from '../stages/registration';
import { syntheticJob } from '../stages/synthesize';
import { tokensJob } from '../stages/tokenize';
import { vqaeJob } from '../stages/vqaeTraining';
import type { Job, JobKind } from './workers';

const kinds = [
  vqaeJob,
  motionJob,
  tokensJob,
  diffusionJob,
  syntheticJob,
  registrationJob,
  evaluationJob,
  assessmentJob,
];

/**
 * Opens a job on the thread that calls this, with the backend that is current there: what the threads of an application's
 * `Workers` do.
 * @param setup what `Workers.open` was given
 * @throws PipelineError when there is no job of that name
 */
export function openJob(name: string, setup: unknown, signal?: AbortSignal): Promise<Job> {
  const kind = kinds.find((kind) => kind.name === name) as JobKind<unknown, unknown, unknown> | undefined;
  if (!kind) {
    const advice = 'use the same version of @paired3d/pipeline on every thread';
    throw new PipelineError({ where: 'openJob', expected: kinds.map((k) => k.name).join(', '), got: name, advice });
  }
  return kind.open(setup, signal);
}
