import { sample } from '@paired3d/absorbing-diffusion';
import { writeNifti } from '@paired3d/nifti';
import { gridAffine, overlayVolumes, sha256Hex, type PreparedPair, type Size3 } from '@paired3d/pipeline';
import * as tf from '@tensorflow/tfjs-core';
import type { Generated, GenerateInput, GenerateProgress, Picture } from '../protocol';
import { breathe } from './breathe';
import type { Session } from './session';

/** The pair is decoded about so many times on the way. */
const GLIMPSES = 8;
/** Pixels of the longer side of a picture. */
export const PIXELS = 384;

interface Context {
  readonly signal: AbortSignal;
  readonly progress: (progress: GenerateProgress) => void;
}

/** Samples tokens, showing them and what they decode to, and keeps the pair for registration. */
export async function generate(session: Session, input: GenerateInput, context: Context): Promise<Generated> {
  const { signal, progress } = context;
  const began = performance.now();
  const every = Math.max(1, Math.round(input.steps / GLIMPSES));
  const onStep = async (done: number, tokens: Int32Array) => {
    const glimpse = done % every === 0 && done < input.steps;
    const picture = glimpse ? overlayOf(await decode(session, tokens)) : undefined;
    progress({ done, total: input.steps, tokens, picture });
    await breathe();
  };
  const [tokens] = await sample(session.denoiser, 1, { ...input, onStep, signal });
  const pair = await decode(session, tokens);
  session.generated = pair;
  const { spacing } = session.info;
  return {
    tokens,
    hash: await sha256Hex(new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength)),
    input,
    coronal: overlayOf(pair),
    sagittal: overlayOf(pair, 'sagittal'),
    fixed: scanFile(`fixed-${input.seed}.nii.gz`, pair.fixed, pair.size, spacing),
    moving: scanFile(`moving-${input.seed}.nii.gz`, pair.moving, pair.size, spacing),
    seconds: (performance.now() - began) / 1000,
  };
}

/** The pair of a token grid; masked tokens are decoded as empty space. */
async function decode({ vqae, denoiser, emptyTokens, info }: Session, tokens: Int32Array): Promise<PreparedPair> {
  const known = tokens.map((token, at) => (token === denoiser.maskId ? emptyTokens[at] : token));
  const pair = tf.tidy(() => vqae.decodeTokens(tf.tensor5d(known, [1, ...info.grid], 'int32')));
  const values = (await pair.data()) as Float32Array;
  pair.dispose();
  const [fixed, moving] = [0, 1].map((image) => {
    const one = new Float32Array(values.length / 2);
    for (let voxel = 0; voxel < one.length; voxel++) one[voxel] = values[2 * voxel + image];
    return one;
  });
  const { size, spacing } = info;
  const extent = size.map((n, axis) => n * spacing[axis]) as unknown as Size3;
  return { id: 'generated', fixed, moving, size, extent };
}

const overlayOf = ({ fixed, moving, size }: PreparedPair, plane?: 'sagittal'): Picture =>
  overlayVolumes(fixed, moving, size, { plane, target: PIXELS });

/** A scan of the working grid as a file. */
export function scanFile(name: string, data: Float32Array, size: Size3, spacing: Size3): File {
  const bytes = writeNifti({ data, shape: [...size], affine: gridAffine(spacing) }, { gzip: name.endsWith('.gz') });
  return new File([bytes as Uint8Array<ArrayBuffer>], name, { type: 'application/octet-stream' });
}
