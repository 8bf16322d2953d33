import { decodeSafetensors, encodeSafetensors, type HostTensor } from '@paired3d/nn';
import { seal, unseal } from './digest';
import type { Storage } from './storage';

const NAME = /^step-(\d{8,})\.checkpoint$/;

/** Everything that a stage needs to go on: weights, optimiser moments, counters. */
export interface Checkpoint {
  readonly step: number;
  readonly tensors: Map<string, HostTensor>;
  readonly metadata: Record<string, unknown>;
}

/** Settings of {@link Checkpoints}. */
export interface CheckpointsOptions {
  /** Newest checkpoints that stay, 3 by default: the older ones are what damage falls back on. */
  readonly keep?: number;
  /** Told about every checkpoint that cannot be used; it is skipped. */
  readonly onDamaged?: (path: string, reason: string) => void;
}

/**
 * The checkpoints of one stage, in a storage (or part of one) of their own.
 *
 * One file each, `step-00001200.checkpoint`: a safetensors file (its metadata: `step`, and `metadata` as JSON) followed by the 32 bytes of
 * its SHA-256, so that every flipped bit and every missing byte is noticed. Cut the last 32 bytes off to open it elsewhere.
 */
export class Checkpoints {
  readonly #storage: Storage;
  readonly #keep: number;
  readonly #onDamaged: (path: string, reason: string) => void;

  constructor(storage: Storage, options: CheckpointsOptions = {}) {
    this.#storage = storage;
    this.#keep = Math.max(1, options.keep ?? 3);
    this.#onDamaged = options.onDamaged ?? (() => {});
  }

  /**
   * Writes a checkpoint, then removes the ones that are too old, and any of later steps: the run was set back behind them.
   *
   * @param metadata what JSON can hold; non-finite numbers come back as null.
   */
  async save(step: number, tensors: Map<string, HostTensor>, metadata: Record<string, unknown>): Promise<void> {
    const bytes = encodeSafetensors(tensors, { step: String(step), metadata: JSON.stringify(metadata) });
    await this.#storage.write(fileName(step), await seal(bytes));
    const steps = await this.#steps();
    const kept = steps.filter((s) => s <= step).slice(0, this.#keep);
    for (const s of steps) if (!kept.includes(s)) await this.#storage.remove(fileName(s));
  }

  /** The newest checkpoint that is whole, undefined when there is none. Damaged ones are reported and passed over. */
  async latest(): Promise<Checkpoint | undefined> {
    for (const step of await this.#steps()) {
      const path = fileName(step);
      const checkpoint = await this.#open(path, step).catch((error: unknown) => {
        if (!(error instanceof Damage)) throw error;
        this.#onDamaged(path, error.message);
        return undefined;
      });
      if (checkpoint) return checkpoint;
    }
    return undefined;
  }

  /** Removes all checkpoints, as a stage does when it is complete. */
  async clear(): Promise<void> {
    for (const step of await this.#steps()) await this.#storage.remove(fileName(step));
  }

  async #open(path: string, step: number): Promise<Checkpoint> {
    const sealed = await this.#storage.read(path);
    if (!sealed) throw new Damage('it went away while it was being read');
    const bytes = await unseal(sealed);
    if (!bytes) throw new Damage(`its ${sealed.length} bytes do not match their SHA-256`);
    try {
      const { tensors, metadata } = decodeSafetensors(bytes);
      if (metadata.step !== String(step)) throw new Damage(`it holds step ${metadata.step}`);
      return { step, tensors, metadata: JSON.parse(metadata.metadata) as Record<string, unknown> };
    } catch (error) {
      throw error instanceof Damage ? error : new Damage(`it cannot be decoded: ${(error as Error).message}`);
    }
  }

  /** Steps that have a file, newest first. */
  async #steps(): Promise<number[]> {
    const paths = await this.#storage.list('step-');
    return paths
      .map((path) => NAME.exec(path)?.[1])
      .filter((digits) => digits !== undefined)
      .map(Number)
      .sort((a, b) => b - a);
  }
}

/** A checkpoint that cannot be used, as opposed to a storage that cannot be read. */
class Damage extends Error {}

function fileName(step: number): string {
  return `step-${String(step).padStart(8, '0')}.checkpoint`;
}
