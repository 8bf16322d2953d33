/** A convolution along one axis, plain or transposed. */
export interface Along {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly transposed: boolean;
}

/** Planes of a convolution's result, and how they come from the input. */
export interface Slab {
  /** first plane of the result, and how many */
  readonly at: number;
  readonly planes: number;
  /** the planes of the input that these depend on: the slab with its halo */
  readonly input: { readonly at: number; readonly planes: number };
  /** planes of zeros before and after the input's, which a plain convolution reads outside of the volume */
  readonly zeros: readonly [before: number, after: number];
  /** padding of the convolution of the slab, and planes of its result before those wanted: zero if plain */
  readonly padding: number;
  readonly skip: number;
}

/** Cuts the result of a convolution of `inputs` planes into slabs of `height` planes; the last may be lower. */
export function slabsOf(inputs: number, along: Along, height: number): Slab[] {
  const outputs = outputPlanes(inputs, along);
  return Array.from({ length: Math.ceil(outputs / height) }, (_, i) => {
    const [from, to] = [i * height, Math.min((i + 1) * height, outputs)];
    return along.transposed ? transposedSlab(from, to, inputs, along) : plainSlab(from, to, inputs, along);
  });
}

/** Planes that a convolution makes; a transposed one `stride` times as many as it is given. */
export function outputPlanes(inputs: number, { kernel, stride, padding, transposed }: Along): number {
  return transposed ? inputs * stride : Math.floor((inputs + 2 * padding - kernel) / stride) + 1;
}

/** Output o reads the inputs o stride - padding + k. */
function plainSlab(from: number, to: number, inputs: number, { kernel, stride, padding }: Along): Slab {
  const start = from * stride - padding;
  const end = (to - 1) * stride - padding + kernel;
  const [first, last] = [Math.max(0, start), Math.min(inputs, end)];
  return {
    at: from,
    planes: to - from,
    input: { at: first, planes: last - first },
    zeros: [first - start, end - last],
    padding: 0,
    skip: 0,
  };
}

/** Input i adds to the outputs i stride - padding + k. */
function transposedSlab(from: number, to: number, inputs: number, { kernel, stride, padding }: Along): Slab {
  const first = Math.max(0, Math.ceil((from + padding - kernel + 1) / stride));
  const last = Math.min(inputs, Math.floor((to - 1 + padding) / stride) + 1);
  // Without padding these inputs reach from `start` to `end`; padding takes as much away on both sides.
  const start = first * stride - padding;
  const end = (last - 1) * stride - padding + kernel;
  const trimmed = Math.min(from - start, end - to);
  return {
    at: from,
    planes: to - from,
    input: { at: first, planes: last - first },
    zeros: [0, 0],
    padding: trimmed,
    skip: from - start - trimmed,
  };
}

/**
 * The highest slab whose tensors take up at most `bytes`, at least one plane. The backend holds the input and its padded
 * copy, the result before and after its bias.
 * @param input bytes of a plane of the input
 * @param output bytes of a plane of the result
 */
export function slabHeight(
  bytes: number,
  { input, output }: { input: number; output: number },
  { kernel, stride, transposed }: Along,
): number {
  const [perPlane, halo] = transposed ? [1 / stride, (kernel - 1) / stride] : [stride, kernel - stride];
  return Math.max(1, Math.floor((bytes / 2 - halo * input) / (perPlane * input + output)));
}
