/**
 * One axis of one stride phase of the transposed convolution. Input voxel i and output o of the convolution meet at tap
 * k = i + padding - o * stride, so inputs with equal phase = (i + padding) mod stride see the taps phase, phase + stride,
 * ..., and are a convolution of stride 1 over dy with those taps in reverse order.
 */
export interface PhaseAxis {
  /** Taps in the order of increasing o. */
  readonly taps: readonly number[];
  /** First input voxel of the phase, and how many there are. */
  readonly first: number;
  readonly count: number;
  /** The o that meets the first input voxel at the first tap; negative inside the padding. */
  readonly start: number;
}

export function phaseAxis(phase: number, size: number, kernelSize: number, stride: number, padding: number): PhaseAxis {
  const taps: number[] = [];
  for (let tap = phase; tap < kernelSize; tap += stride) taps.unshift(tap);
  const quotient = Math.max(0, Math.ceil((padding - phase) / stride));
  const first = quotient * stride + phase - padding;
  const count = Math.max(0, Math.ceil((size - first) / stride));
  return { taps, first, count, start: quotient - (taps.length - 1) };
}
