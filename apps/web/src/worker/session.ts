import type { Denoiser } from '@paired3d/absorbing-diffusion';
import {
  openDenoiser,
  openRegistration,
  openVqae,
  parseRunConfig,
  workingSpacing,
  type PreparedPair,
  type RunConfig,
  type Size3,
} from '@paired3d/pipeline';
import type { RegistrationNetwork } from '@paired3d/registration';
import type { VqAutoencoder } from '@paired3d/vqae';
import * as tf from '@tensorflow/tfjs-core';
import type { Failure } from '../failure';
import type { EngineInfo, StartInput } from '../protocol';
import { openBackend } from './backend';
import { httpStorage } from './httpStorage';
import { paletteOf } from './palette';

/** What the worker holds: a backend, the trained models, and the pair that was generated last. */
export interface Session {
  readonly info: EngineInfo;
  readonly config: RunConfig;
  readonly vqae: VqAutoencoder;
  readonly denoiser: Denoiser;
  readonly registration: RegistrationNetwork;
  /** Tokens of empty space [1, images, d, h, w]: what a masked token is shown as. */
  readonly emptyTokens: Int32Array;
  /** Logits of some tokens of a wholly masked grid, as Node computes them on WASM. */
  readonly reference: Float32Array;
  generated?: PreparedPair;
}

interface Context {
  readonly signal: AbortSignal;
  readonly progress: (progress: { done: number; total: number }) => void;
  readonly onLost: (failure: Failure) => void;
}

/** Starts a backend and reads the models. */
export async function start(input: StartInput, { signal, progress, onLost }: Context): Promise<Session> {
  const began = performance.now();
  const backend = await openBackend(input.backend, onLost);
  const ready = performance.now();
  const folder = httpStorage(input.models, signal);
  let done = 0;
  const loaded = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work;
    progress({ done: ++done, total: 5 });
    return result;
  };
  const [vqae, denoiser, registration, text, logits] = await Promise.all([
    loaded(openVqae(folder.within('vqae'))),
    loaded(openDenoiser(folder.within('diffusion'))),
    loaded(openRegistration(folder.within('registration'))),
    loaded(folder.read('config.json')),
    loaded(folder.read('logits.f32')),
  ]);
  const config = parseRunConfig(JSON.parse(new TextDecoder().decode(text)));
  const { grid } = denoiser.config;
  const size = registration.config.size;
  const info: EngineInfo = {
    ...backend,
    grid: [...grid],
    palette: await paletteOf(vqae),
    size,
    spacing: spacingOf(config),
    seconds: { backend: (ready - began) / 1000, models: (performance.now() - ready) / 1000 },
    weights: [vqae, denoiser, registration].reduce((sum, { parameters }) => sum + parameters.count, 0),
  };
  const reference = new Float32Array(logits!.slice().buffer);
  return { info, config, vqae, denoiser, registration, reference, emptyTokens: await emptyTokens(vqae, size) };
}

function spacingOf(config: RunConfig): Size3 {
  const { source } = config;
  return source.kind === 'phantom' ? [source.spacing, source.spacing, source.spacing] : workingSpacing(config);
}

async function emptyTokens(vqae: VqAutoencoder, size: Size3): Promise<Int32Array> {
  const tokens = tf.tidy(() => vqae.tokenize(tf.zeros([1, ...size, 2])));
  const values = (await tokens.data()) as Int32Array;
  tokens.dispose();
  return values;
}
