import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { encodeSafetensors, type HostTensor } from '@paired3d/nn';
import {
  PipelineError,
  denoiserConfigOf,
  importCheckpoint,
  importTokens,
  kindOfModel,
  readModel,
  readTensors,
  toPytorchNames,
  withWeightType,
  writeModel,
  type ModelName,
  type RunConfig,
  type WeightType,
} from '@paired3d/pipeline';
import { writeAtomically } from './atomic-write';
import { fileError } from './file-errors';
import { NodeStorage } from './node-storage';

/** Tensors, and the model they belong to where that is known. */
export interface Checkpoint {
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** of a model folder; undefined for a file */
  readonly kind?: string;
}

/**
 * Reads a checkpoint of PyTorch, a safetensors file, or a model folder. Names of a file are kept, those of a model folder
 * become the ones that PyTorch expects.
 *
 * @throws PipelineError, PytorchError, SafetensorsError when it cannot be read
 */
export async function readCheckpoint(from: string): Promise<Checkpoint> {
  const info = await stat(from).catch((error: unknown) => {
    throw fileError(from, 'a checkpoint', error);
  });
  if (!info.isDirectory()) {
    const bytes = await readFile(from).catch((error: unknown) => {
      throw fileError(from, 'to read it', error);
    });
    return { tensors: readTensors(bytes) };
  }
  const folder = await NodeStorage.existing(from);
  const kind = await kindOfModel(folder);
  const { tensors } = await readModel(folder, kind);
  return { kind, tensors: toPytorchNames(kind, tensors) };
}

/** Writes tensors as one safetensors file, for PyTorch's `load_state_dict`. */
export async function writeTensors(file: string, { tensors, kind }: Checkpoint, type: WeightType): Promise<void> {
  const metadata = { format: 'pt', ...(kind && { kind }) };
  const bytes = encodeSafetensors(withWeightType(tensors, type), metadata);
  await writeAtomically(file, bytes).catch((error: unknown) => {
    throw fileError(file, 'to write it', error);
  });
}

/**
 * Writes tensors as a model folder.
 * @throws StateDictError listing every tensor that is missing, extra or misshapen
 */
export async function writeModelFolder(
  storage: NodeStorage,
  { tensors, from }: { readonly tensors: Checkpoint['tensors']; readonly from: string },
  { kind, config, type }: { readonly kind: ModelName; readonly config: RunConfig; readonly type: WeightType },
): Promise<void> {
  const model = importCheckpoint(kind, tensors, config, type);
  const card = [
    `# ${kind}`,
    '',
    `Converted by paired3d from \`${basename(from)}\`, ${type === 'f16' ? 'float16' : 'float32'}.`,
    '',
    'Weights are in `model.safetensors`, in the layout and with the names of PyTorch; `config.json` builds the model.',
    '',
  ];
  await writeModel(storage, model, card.join('\n'));
}

/** Writes token grids, laid out as the configuration's denoiser sees them. */
export function writeTokens(
  storage: NodeStorage,
  { tensors }: Checkpoint,
  config: RunConfig,
  holdOut: number,
): Promise<{ train: number; validation: number }> {
  const { grid, codes } = denoiserConfigOf(config);
  return importTokens(storage, tensors, { grid, codes, holdOut });
}

/** @throws PipelineError: a folder can only be made of what is told */
export function kindMissing(from: string): PipelineError {
  return new PipelineError({
    where: `convert ${from}`,
    expected: '--kind, or a file .safetensors as --out',
    got: 'neither',
    advice: 'say what the checkpoint holds: --kind vqae, diffusion, registration or tokens',
  });
}
