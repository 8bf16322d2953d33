import { Denoiser } from '@paired3d/absorbing-diffusion';
import { decodePytorch, decodeSafetensors, narrowed, widened, type HostTensor } from '@paired3d/nn';
import { RegistrationNetwork } from '@paired3d/registration';
import { VqAutoencoder } from '@paired3d/vqae';
import type { RunConfig } from './config';
import type { ModelName } from './context';
import type { ModelFolder } from './modelFolder';
import { denoiserConfigOf, registrationConfigOf, vqaeConfigOf } from './modelConfigs';

/** Type in which floating-point weights are written. */
export type WeightType = 'f16' | 'f32';

type Tensors = ReadonlyMap<string, HostTensor>;

/**
 * Tensors of a checkpoint: a zip file of `torch.save`, else safetensors.
 * @throws PytorchError, SafetensorsError when it is damaged, or neither
 */
export function readTensors(bytes: Uint8Array): Map<string, HostTensor> {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  // The pickles of old versions of PyTorch begin with a protocol; they are told how to be saved again.
  const isPickle = bytes[0] === 0x80 && bytes[1] <= 5;
  return isZip || isPickle ? decodePytorch(bytes) : decodeSafetensors(bytes).tensors;
}

/**
 * Floating-point tensors as float16 or float32, others as they are.
 * @throws NnError when a value is too large for float16
 */
export function withWeightType(tensors: Tensors, type: WeightType): Map<string, HostTensor> {
  const convert = type === 'f16' ? narrowed : widened;
  return new Map([...tensors].map(([name, tensor]) => [name, convert(tensor)]));
}

/** Replaces the beginnings of names by a table of [before, after]; the first that fits counts. */
const renamed = (tensors: Tensors, table: readonly (readonly [string, string])[]) =>
  new Map(
    [...tensors].map(([name, tensor]) => {
      const [before, after] = table.find(([start]) => name.startsWith(start)) ?? ['', ''];
      return [after + name.slice(before.length), tensor];
    }),
  );

/**
 * The names under which the original training saves a model: the autoencoder as `[net.state_dict(),
 * embedding.state_dict()]`, so `0.encode…` and `1.weight`; the denoiser as one state dict; the registration networks as
 * `[unet1.state_dict(), unet2.state_dict()]`, which are our names too.
 */
export function toPytorchNames(kind: string, tensors: Tensors): Map<string, HostTensor> {
  if (kind !== 'vqae') return new Map(tensors);
  return renamed(tensors, [
    ['codebook.', '1.'],
    ['', '0.'],
  ]);
}

/** Undoes {@link toPytorchNames}; our own names stay. */
export function fromPytorchNames(kind: string, tensors: Tensors): Map<string, HostTensor> {
  if (kind !== 'vqae') return new Map(tensors);
  return renamed(tensors, [
    ['0.', ''],
    ['1.', 'codebook.'],
  ]);
}

/** The model of a run's configuration, untrained; the caller disposes it. */
function modelOf(kind: ModelName, config: RunConfig): VqAutoencoder | Denoiser | RegistrationNetwork {
  if (kind === 'vqae') return new VqAutoencoder(vqaeConfigOf(config));
  if (kind === 'diffusion') return new Denoiser(denoiserConfigOf(config));
  return new RegistrationNetwork(registrationConfigOf(config));
}

/**
 * Makes a model of a checkpoint's tensors.
 *
 * @param config sets the sizes; the preset `paper` has those of the original networks
 * @throws StateDictError listing every tensor that is missing, extra or misshapen
 */
export function importCheckpoint(kind: ModelName, tensors: Tensors, config: RunConfig, type: WeightType): ModelFolder {
  const named = fromPytorchNames(kind, tensors);
  const model = modelOf(kind, config);
  try {
    model.load(named);
    return { kind, config: { ...model.config }, tensors: withWeightType(named, type) };
  } finally {
    model.dispose();
  }
}
