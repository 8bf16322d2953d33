import type { TensorInfo } from '@tensorflow/tfjs-core';
import { phaseAxis, type PhaseAxis } from '../conv3d.phases';
import { kernelOf, map, paddedInput, product, sample, sizeOf, type Geometry } from './conv3d.geometry';
import type { Address } from './exports';
import type { Call } from './heap';
import { kernel } from './kernel';
import { isWinograd, winograd } from './conv3d.winograd';
import { BYTES, isThin, offset, padded, PANEL, roundUp, steps, sumRuns } from './runs';

/** Forward convolution: [B, D, H, W, Cin] * [kD, kH, kW, Cin, Cout]. */
export const conv3d = kernel<'x' | 'filter', Geometry>('Paired3dConv3d', (call, { x, filter }, geometry) => {
  const { strides, padding } = geometry;
  const k = kernelOf(filter.shape);
  const [channelsIn, channels] = filter.shape.slice(3);
  const size = sizeOf(x.shape);
  const count = map((axis) => Math.floor((size[axis] + 2 * padding[axis] - k[axis]) / strides[axis]) + 1);
  const y = call.output([x.shape[0], ...count, channels]);
  if (isWinograd(filter.shape, geometry)) {
    winograd(call, x, filter, y, padding);
    return y;
  }

  const taps = product(k) * channelsIn;
  const thin = isThin(channels, k[2] * channelsIn, taps);
  const panelBytes = taps * (thin ? 1 : PANEL) * BYTES;
  const weights = call.scratch(taps * roundUp(channels, PANEL));
  if (thin) call.kernels.transpose(call.at(filter), channels * BYTES, weights, panelBytes, taps, channels);
  else call.kernels.packPanels(call.at(filter), weights, taps, channels, panelBytes);
  for (let b = 0; b < x.shape[0]; b++) {
    call.scope(() => {
      const input = paddedInput(call, sample(call, x, b), geometry, count, k, 0);
      const output = sample(call, y, b);
      const step = steps(input);
      sumRuns(call, {
        x: input.at,
        weights,
        y: output.at,
        count,
        xStep: map((axis) => step[axis] * strides[axis]),
        yStep: steps(output),
        channels,
        panelBytes,
        runs: [k[0], k[1]],
        runStep: [step[0], step[1]],
        runBytes: k[2] * channelsIn * BYTES,
        thin,
      });
    });
  }
  return y;
});

/** Gradient of the input, and forward of the transposed convolution: dy [B, d, h, w, Cout] to [B, D, H, W, Cin]. */
export const conv3dBackpropInput = kernel<'dy' | 'filter', Geometry & { readonly inputShape: readonly number[] }>(
  'Paired3dConv3dBackpropInput',
  (call, { dy, filter }, { inputShape, ...geometry }) => {
    const { strides, padding } = geometry;
    const k = kernelOf(filter.shape);
    const [channels, channelsOut] = filter.shape.slice(3);
    const size = sizeOf(inputShape);
    const outputs = sizeOf(dy.shape);
    const dx = call.output(inputShape);
    if (isWinograd(filter.shape, geometry)) {
      const adjointPadding = map((axis) => 2 - padding[axis]);
      winograd(call, dy, filter, dx, adjointPadding, true);
      return dx;
    }
    const thin = isThin(channels, channelsOut, (product(k) * channelsOut) / product(strides));
    const axes = [0, 1, 2].map((axis) =>
      Array.from({ length: strides[axis] }, (_, phase) =>
        phaseAxis(phase, size[axis], k[axis], strides[axis], padding[axis]),
      ).filter((phase) => phase.count > 0),
    );
    const phases = axes[0].flatMap((d) => axes[1].flatMap((h) => axes[2].map((w) => [d, h, w] as const)));
    // A kernel smaller than the stride leaves voxels that no tap reaches.
    if (phases.some((phase) => phase.some(({ taps }) => taps.length === 0)))
      call.zero(call.at(dx), product(size) * inputShape[0] * channels);
    const reached = phases.filter((phase) => phase.every(({ taps }) => taps.length > 0));
    const weights = reached.map((phase) => packPhase(call, filter, phase, thin));

    const low = map((axis) => Math.max(0, ...axes[axis].map(({ start }) => -start)));
    const end = map((axis) => Math.max(outputs[axis], ...axes[axis].map((p) => p.start + p.count + p.taps.length - 1)));
    for (let b = 0; b < inputShape[0]; b++) {
      call.scope(() => {
        const input = padded(
          call,
          sample(call, dy, b),
          low,
          map((axis) => low[axis] + end[axis]),
        );
        const output = sample(call, dx, b);
        const xStep = steps(input);
        const yStep = steps(output);
        reached.forEach((phase, index) =>
          sumRuns(call, {
            x: offset(
              input,
              map((axis) => phase[axis].start + low[axis]),
            ),
            weights: weights[index],
            y: offset(
              output,
              map((axis) => phase[axis].first),
            ),
            count: map((axis) => phase[axis].count),
            xStep,
            yStep: map((axis) => yStep[axis] * strides[axis]),
            channels,
            panelBytes: product(map((axis) => phase[axis].taps.length)) * channelsOut * (thin ? 1 : PANEL) * BYTES,
            runs: [phase[0].taps.length, phase[1].taps.length],
            runStep: [xStep[0], xStep[1]],
            runBytes: phase[2].taps.length * channelsOut * BYTES,
            thin,
          }),
        );
      });
    }
    return dx;
  },
);

/** Panels of the taps of one phase, each tap's [Cin, Cout] matrix transposed. */
function packPhase(
  call: Call,
  filter: TensorInfo,
  phase: readonly [PhaseAxis, PhaseAxis, PhaseAxis],
  thin: boolean,
): Address {
  const [, kH, kW, channels, channelsOut] = filter.shape;
  const taps = phase[0].taps.flatMap((d) =>
    phase[1].taps.flatMap((h) => phase[2].taps.map((w) => (d * kH + h) * kW + w)),
  );
  const weights = call.scratch(taps.length * channelsOut * roundUp(channels, PANEL));
  const tapBytes = channelsOut * (thin ? 1 : PANEL) * BYTES;
  taps.forEach((tap, index) => {
    const from = call.at(filter) + tap * channels * channelsOut * BYTES;
    const to = weights + index * tapBytes;
    if (thin) call.kernels.copyBlocks(from, to, channels, channelsOut, tapBytes, taps.length * tapBytes);
    else call.kernels.packPanelsTransposed(from, to, channelsOut, channels, taps.length * tapBytes);
  });
  return weights;
}
