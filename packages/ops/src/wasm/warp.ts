import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Address } from './exports';
import type { Call } from './heap';
import { kernel } from './kernel';
import { BYTES } from './runs';

/** Runs `kernel` on each sample; y is the result, or dy on the way back to `gradient`. */
function forEachSample(
  call: Call,
  image: TensorInfo,
  displacement: TensorInfo,
  y: TensorInfo,
  gradient: TensorInfo | undefined,
  kernel: (parameters: Address) => void,
): void {
  const [batch, depth, height, width] = image.shape;
  const [, outDepth, outHeight, outWidth] = displacement.shape;
  const padded = call.scratch((depth + 2) * (height + 2) * (width + 2));
  const points = outDepth * outHeight * outWidth;
  for (let n = 0; n < batch; n++) {
    const vectors = n * points * 3 * BYTES;
    const places = {
      image: call.at(image) + n * depth * height * width * BYTES,
      padded,
      displacement: call.at(displacement) + vectors,
      y: call.at(y) + n * points * BYTES,
      gradient: gradient ? call.at(gradient) + vectors : 0,
    };
    kernel(call.struct({ ...places, depth, height, width, outDepth, outHeight, outWidth }));
  }
}

/** image [B, D, H, W, 1] at p + displacement(p), zero outside. */
export const warp = kernel<'image' | 'displacement'>('Paired3dWarp', (call, { image, displacement }) => {
  const y = call.output([...displacement.shape.slice(0, 4), 1]);
  forEachSample(call, image, displacement, y, undefined, call.kernels.warp);
  return y;
});

/** Gradient of the displacement. */
export const warpGrad = kernel<'dy' | 'image' | 'displacement'>(
  'Paired3dWarpGrad',
  (call, { dy, image, displacement }) => {
    const gradient = call.output(displacement.shape);
    forEachSample(call, image, displacement, dy, gradient, call.kernels.warpGradient);
    return gradient;
  },
);
