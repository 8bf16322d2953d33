import { throwIfAborted } from '../errors';
import { pause } from '../pause';
import { Checkpoints } from '../storage/checkpoints';
import { canonicalJson } from '../storage/canonical-json';
import { MANIFEST_PATH, completeStage, reopenStage, whyIncomplete } from '../storage/manifest';
import type { Storage } from '../storage/storage';
import type { RunContext } from './context';

/** A stage of the chain. It writes into a folder of its own and is complete when its manifest says so. */
export interface Stage {
  readonly name: string;
  /** SHA-256 of everything it reads */
  readonly inputs: Readonly<Record<string, string>>;
  /** the part of the configuration that decides its result */
  readonly config: unknown;
  /** does the work, going on from what an interrupted run left; returns the paths of its outputs */
  run(folder: Storage): Promise<string[]>;
}

/** What a stage is run with. */
type StageContext = Pick<RunContext, 'storage' | 'emit' | 'signal' | 'clock' | 'memory'>;

/** How long a stage took and what it needed; kept beside its outputs. */
export interface StageTiming {
  readonly name: string;
  readonly seconds: number;
  readonly skipped: boolean;
  readonly peakMemoryBytes?: number;
}

/** Runs a stage unless its folder already holds the result for these inputs and this configuration. */
export async function runStage(context: StageContext, stage: Stage): Promise<StageTiming> {
  const folder = context.storage.within(stage.name);
  const identity = { stage: stage.name, inputs: stage.inputs, config: stage.config };
  await pause();
  throwIfAborted(context.signal, stage.name);
  const why = await whyIncomplete(folder, identity);
  if (why === undefined) {
    const { seconds, peakMemoryBytes } = await readTiming(folder);
    context.emit({ type: 'stage-end', stage: stage.name, seconds, skipped: true });
    return { name: stage.name, seconds, skipped: true, peakMemoryBytes };
  }
  await discardOtherWork(context, folder, stage, why);
  const before = await readTiming(folder);
  const start = context.clock();
  let peak = before.peakMemoryBytes ?? 0;
  const saveTiming = async () => {
    peak = Math.max(peak, context.memory?.() ?? 0);
    await writeJson(folder, TIMING, { seconds: before.seconds + context.clock() - start, peakMemoryBytes: peak });
  };
  try {
    const outputs = await stage.run(folder);
    await saveTiming();
    await completeStage(folder, identity, outputs);
    await new Checkpoints(folder.within('checkpoints')).clear();
  } catch (error) {
    // The time of an interrupted run counts; the error matters more than a failure to note it.
    await saveTiming().catch(() => {});
    throw error;
  }
  const { seconds, peakMemoryBytes } = await readTiming(folder);
  context.emit({ type: 'stage-end', stage: stage.name, seconds, skipped: false });
  return { name: stage.name, seconds, skipped: false, peakMemoryBytes };
}

const TIMING = 'timing.json';
const IDENTITY = 'started.json';

/**
 * What an interrupted run left is gone on with; but not what was begun for other inputs or another configuration, nor what
 * was complete once and is so no more: stages take the files they find for finished.
 */
async function discardOtherWork(context: StageContext, folder: Storage, stage: Stage, why: string): Promise<void> {
  const identity = canonicalJson({ inputs: stage.inputs, config: stage.config });
  const begun = await folder.read(IDENTITY);
  const wasComplete = (await folder.read(MANIFEST_PATH)) !== undefined;
  if (begun && new TextDecoder().decode(begun) === identity && !wasComplete) return;
  const files = await folder.list('');
  if (files.length > 0) {
    const reason = wasComplete ? why : 'its configuration or inputs have changed';
    context.emit({ type: 'message', level: 'info', text: `${stage.name}: ${reason}, starting it again` });
  }
  // Without these two no later run takes what is left for its own, should this one be killed here.
  await folder.remove(IDENTITY);
  await reopenStage(folder);
  for (const path of files) await folder.remove(path);
  await folder.write(IDENTITY, new TextEncoder().encode(identity));
}

async function readTiming(folder: Storage): Promise<{ seconds: number; peakMemoryBytes?: number }> {
  return (await readJson<{ seconds: number; peakMemoryBytes?: number }>(folder, TIMING)) ?? { seconds: 0 };
}

/** The JSON value of a file; undefined when there is none, or it is not JSON. */
export async function readJson<T>(folder: Storage, path: string): Promise<T | undefined> {
  const bytes = await folder.read(path);
  if (!bytes) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as T;
  } catch {
    return undefined;
  }
}

/** Writes a value as JSON, keys in order. */
export async function writeJson(folder: Storage, path: string, value: unknown): Promise<void> {
  await folder.write(path, new TextEncoder().encode(`${canonicalJson(value, 2)}\n`));
}
