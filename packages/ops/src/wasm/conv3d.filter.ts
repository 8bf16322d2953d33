import { kernelOf, paddedInput, product, sample, sizeOf, type Geometry } from './conv3d.geometry';
import type { Address } from './exports';
import { isWinograd } from './conv3d.winograd';
import { winogradFilterGradient } from './conv3d.winogradGradient';
import type { Call } from './heap';
import { kernel } from './kernel';
import { BYTES, isThin, PANEL, roundUp, steps, type Volume } from './runs';

/** Gradient of the filter: x [B, D, H, W, Cin], dy [B, d, h, w, Cout] to [kD, kH, kW, Cin, Cout]. */
export const conv3dBackpropFilter = kernel<'x' | 'dy', Geometry & { readonly filterShape: readonly number[] }>(
  'Paired3dConv3dBackpropFilter',
  (call, { x, dy }, { filterShape, ...geometry }) => {
    const k = kernelOf(filterShape);
    const [channelsIn, channelsOut] = filterShape.slice(3);
    const count = sizeOf(dy.shape);
    const run = k[2] * channelsIn;
    const matrices = k[0] * k[1];
    const dw = call.output(filterShape);
    if (isWinograd(filterShape, geometry)) {
      winogradFilterGradient(call, x, dy, dw, geometry.padding);
      return dw;
    }
    const thin = isThin(channelsOut, run, matrices * run);
    const rounded = roundUp(run, thin ? 16 : 4);
    const channels = thin ? channelsOut : roundUp(channelsOut, PANEL);
    const exact = !thin && run === rounded && channels === channelsOut;
    const sums = exact ? call.at(dw) : call.scratch(matrices * rounded * channels);
    call.zero(sums, matrices * rounded * channels);
    const addSample = thin ? call.kernels.thinFilterGradient : call.kernels.filterGradient;
    for (let b = 0; b < x.shape[0]; b++) {
      call.scope(() => {
        const input = paddedInput(call, sample(call, x, b), geometry, count, k, rounded - run);
        const step = steps(input);
        addSample(
          call.struct({
            x: input.at,
            dy: paddedChannels(call, sample(call, dy, b), channels),
            dw: sums,
            depth: count[0],
            height: count[1],
            width: count[2],
            xDepth: step[0] * geometry.strides[0],
            xHeight: step[1] * geometry.strides[1],
            xWidth: step[2] * geometry.strides[2],
            channels,
            planes: k[0],
            rows: k[1],
            xPlane: step[0],
            xRow: step[1],
            run: rounded,
          }),
        );
      });
    }
    if (thin) {
      for (let i = 0; i < matrices; i++) {
        const from = sums + i * rounded * BYTES;
        const to = call.at(dw) + i * run * channels * BYTES;
        call.kernels.transpose(from, matrices * rounded * BYTES, to, channels * BYTES, channels, run);
      }
    } else if (!exact) {
      call.kernels.unpadMatrices(sums, call.at(dw), matrices, rounded, channels, run, channelsOut);
    }
    return dw;
  },
);

function paddedChannels(call: Call, volume: Volume, channels: number): Address {
  if (channels === volume.channels) return volume.at;
  const voxels = product(volume.size);
  const at = call.scratch(voxels * channels);
  call.kernels.padChannels(volume.at, at, voxels, volume.channels, channels);
  return at;
}
