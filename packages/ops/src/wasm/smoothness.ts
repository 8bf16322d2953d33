import { util } from '@tensorflow/tfjs-core';
import { reachOf, stencilsOf, type SmoothnessWeights } from '../smoothness.stencils';
import { kernel } from './kernel';
import { BYTES } from './runs';

/** The penalty on x [B, D, H, W, C], a scalar, and its gradient. */
export const smoothness = kernel<'x', SmoothnessWeights>('Paired3dSmoothness', (call, { x }, weights) => {
  const [batch, depth, height, width, channels] = x.shape;
  const [value, gradient] = [call.output([]), call.output(x.shape)];
  call.zero(call.at(gradient), util.sizeFromShape(x.shape));
  const row = width * channels * BYTES;
  const plane = height * row;
  let total = 0;
  for (const stencil of stencilsOf([depth, height, width], weights)) {
    const reach = reachOf(stencil);
    const [planes, rows, run] = [depth - reach[0], height - reach[1], (width - reach[2]) * channels];
    const offsets = stencil.places.map(([d, h, w]) => d * plane + h * row + w * channels * BYTES);
    const [w0, w1, w2 = 0, w3 = 0] = stencil.weights;
    const factor = stencil.factor / (batch * planes * rows * run);
    for (let n = 0; n < batch; n++) {
      const sample = n * depth * plane;
      const struct = call.struct({
        x: call.at(x) + sample,
        gradient: call.at(gradient) + sample,
        planes,
        rows,
        run,
        plane,
        row,
        second: offsets[1],
        third: offsets[2] ?? 0,
        fourth: offsets[3] ?? 0,
      });
      total += factor * call.kernels.squaredStencil(struct, w0, w1, w2, w3, factor);
    }
  }
  call.writeScalar(value, total);
  return [value, gradient];
});
