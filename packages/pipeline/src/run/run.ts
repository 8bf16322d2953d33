import { loadPairs, loadTrainingPairs, hashPairs, type TrainingPairs } from '../stages/pairs';
import { diffusionStage } from '../stages/diffusion';
import { evaluateStage } from '../stages/evaluate';
import { motionStage } from '../stages/motion';
import { registrationStage, type RegistrationPairs } from '../stages/registration';
import { readSyntheticPairs } from '../stages/syntheticPairs';
import { synthesizeStage, type SynthesisSources } from '../stages/synthesize';
import { givenTokens, tokenizeStage } from '../stages/tokenize';
import { vqaeStage } from '../stages/vqae';
import type { PreparedPair } from '../data/types';
import { workingGridOf } from '../data/workingGrid';
import { workingSpacing } from './parse';
import { canonicalJson } from '../storage/canonical-json';
import { sha256Hex } from '../storage/digest';
import { manifestHash } from '../storage/manifest';
import type { Storage } from '../storage/storage';
import type { ModelName, RunContext } from './context';
import { importStage } from './importModel';
import { runStage, type Stage, type StageTiming } from './stage';

/** The stages in the order in which they build on each other. */
export const STAGES = [
  'vqae',
  'motion',
  'tokens',
  'diffusion',
  'synthetic',
  'registration',
  'registration-real',
  'evaluation',
] as const;

/** Name of a stage, and of its folder. */
export type StageName = (typeof STAGES)[number];

interface Done {
  readonly folder: Storage;
  readonly hash: string;
}

/** What a run leaves behind, besides its folders. */
export interface RunResult {
  readonly timings: readonly StageTiming[];
  /** the pairs that were trained on, without those held out for validation; empty when no stage read them */
  readonly training: readonly PreparedPair[];
  /** empty when no stage read them */
  readonly test: readonly PreparedPair[];
}

/**
 * Runs the stages that `targets` need, in order; what is complete already is not run again.
 * @throws PipelineError for what a person can mend; Interrupted when the signal is raised
 */
export async function run(context: RunContext, targets: readonly StageName[]): Promise<RunResult> {
  return new Run(context).until(targets);
}

/** Remembers what has been done in this run, so that each stage and each split of the data comes up once. */
class Run {
  private readonly done = new Map<StageName, Done>();
  private readonly timings: StageTiming[] = [];
  private trainingPairs: TrainingPairs | undefined;
  private testPairs: readonly PreparedPair[] | undefined;

  constructor(private readonly context: RunContext) {}

  async until(targets: readonly StageName[]): Promise<RunResult> {
    for (const name of targets) await this.need(name);
    const { timings, trainingPairs, testPairs = [] } = this;
    return { timings, training: trainingPairs?.training ?? [], test: testPairs };
  }

  private async need(name: StageName): Promise<Done> {
    const known = this.done.get(name);
    if (known) return known;
    const stage = await this.stage(name);
    this.timings.push(await runStage(this.context, stage));
    const folder = this.context.storage.within(stage.name);
    const done = { folder, hash: (await manifestHash(folder))! };
    this.done.set(name, done);
    return done;
  }

  private async stage(name: StageName): Promise<Stage> {
    const { context } = this;
    const given = context.models?.[name as ModelName];
    if (given) return importStage(name as ModelName, given);
    switch (name) {
      case 'vqae':
        return vqaeStage(context, await this.training());
      case 'motion':
        return motionStage(context, await this.training());
      case 'tokens':
        return tokenizeStage(context, await this.training(), {
          vqae: await this.need('vqae'),
          ...(await this.motion()),
        });
      case 'diffusion':
        if (context.tokens) return diffusionStage(context, { tokens: await givenTokens(context.tokens) });
        return diffusionStage(context, {
          vqae: await this.need('vqae'),
          tokens: await this.need('tokens'),
          ...(await this.motion()),
          pairs: (await this.training()).training,
        });
      case 'synthetic': {
        const upstream = {
          vqae: await this.need('vqae'),
          diffusion: await this.need('diffusion'),
          real: await this.real(),
        };
        return synthesizeStage(context, upstream, workingSpacing(context.config));
      }
      case 'registration': {
        const { folder, hash } = await this.need('synthetic');
        return registrationStage(context, name, {
          hash,
          start: await this.start(),
          pairs: () => readSyntheticPairs(folder, workingGridOf(context.config.source)),
        });
      }
      case 'registration-real': {
        const { training, hash } = await this.training();
        const pairs = () => Promise.resolve(training);
        return registrationStage(context, name, { hash, start: await this.start(), pairs });
      }
      case 'evaluation': {
        return evaluateStage(context, await this.networks(), await this.test());
      }
    }
  }

  /** The velocities of real pairs, where tokens stand for motion. */
  private async motion(): Promise<{ motion?: Done }> {
    return this.context.config.motion ? { motion: await this.need('motion') } : {};
  }

  /** Real pairs, where synthetic ones keep something of them. */
  private async real(): Promise<SynthesisSources | undefined> {
    const { fixed, moving } = this.context.config.synthesize.given;
    if (fixed + moving === 0) return undefined;
    const { training: pairs, hash } = await this.training();
    const { motion } = await this.motion();
    return { pairs, hash: motion ? `${hash} ${motion.hash}` : hash, motion: motion?.folder };
  }

  /** The networks that are evaluated. */
  private async networks(): Promise<Partial<Record<'network' | 'networkReal', Done>>> {
    const { evaluation, registration } = this.context.config;
    if (!evaluation.networks) return {};
    const network = await this.need('registration');
    return registration.baseline ? { network, networkReal: await this.need('registration-real') } : { network };
  }

  private async start(): Promise<RegistrationPairs['start']> {
    const { start: folder } = this.context;
    if (!folder) return undefined;
    const { inputs } = await importStage('registration', folder);
    return { folder, hash: await sha256Hex(new TextEncoder().encode(canonicalJson(inputs))) };
  }

  private async training(): Promise<TrainingPairs> {
    return (this.trainingPairs ??= await loadTrainingPairs(this.context));
  }

  /** The pairs that are registered and scored. */
  private async test(): Promise<{ hash: string; pairs: readonly PreparedPair[] }> {
    const { validation } = this.context.config.evaluation.pairs === 'validation' ? await this.training() : {};
    const pairs = (this.testPairs ??= validation ?? (await loadPairs(this.context, 'test')));
    return { pairs, hash: await hashPairs(pairs) };
  }
}
