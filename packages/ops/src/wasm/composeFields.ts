import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Address } from './exports';
import type { Call } from './heap';
import { kernel } from './kernel';
import { BYTES } from './runs';

/** Voxels of one sample of a field [B, D, H, W, 3]. */
const voxelsOf = ({ shape: [, depth, height, width] }: TensorInfo) => depth * height * width;

/** Address of sample `n` of a field. */
const sample = (call: Call, field: TensorInfo, n: number): Address => call.at(field) + n * voxelsOf(field) * 3 * BYTES;

function sizes(a: TensorInfo, b: TensorInfo) {
  const [, depth, height, width] = a.shape;
  const [, bDepth, bHeight, bWidth] = b.shape;
  return { depth, height, width, bDepth, bHeight, bWidth };
}

/** a + b o (id + a), of fields [B, D, H, W, 3]; b may have another size. */
export const composeFields = kernel<'a' | 'b'>('Paired3dComposeFields', (call, { a, b }) => {
  const result = call.output(a.shape);
  const wide = call.scratch(voxelsOf(b) * 4);
  for (let n = 0; n < a.shape[0]; n++) {
    call.kernels.widenVectors(sample(call, b, n), wide, voxelsOf(b));
    const places = { a: sample(call, a, n), b: wide, c: sample(call, result, n), da: 0, db: 0 };
    call.kernels.composeFields(call.struct({ ...places, ...sizes(a, b) }));
  }
  return result;
});

/** Gradients of a and of b. */
export const composeFieldsGrad = kernel<'dy' | 'a' | 'b'>('Paired3dComposeFieldsGrad', (call, { dy, a, b }) => {
  const [da, db] = [call.output(a.shape), call.output(b.shape)];
  const floats = voxelsOf(b) * 4;
  const [wide, wideGradient] = [call.scratch(floats), call.scratch(floats)];
  for (let n = 0; n < a.shape[0]; n++) {
    call.kernels.widenVectors(sample(call, b, n), wide, voxelsOf(b));
    call.zero(wideGradient, floats);
    const places = {
      a: sample(call, a, n),
      b: wide,
      c: sample(call, dy, n),
      da: sample(call, da, n),
      db: wideGradient,
    };
    call.kernels.composeFieldsGradient(call.struct({ ...places, ...sizes(a, b) }));
    call.kernels.narrowVectors(wideGradient, sample(call, db, n), voxelsOf(b));
  }
  return [da, db];
});
