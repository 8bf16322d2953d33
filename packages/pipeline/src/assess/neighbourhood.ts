import type { Size3 } from '../data/types';

/**
 * The 3 x 3 x 3 neighbourhood of a voxel as the bits of a number: neighbour (di, dj, dk), each -1, 0 or 1, is bit
 * 9 (di + 1) + 3 (dj + 1) + dk + 1, the voxel itself bit 13.
 */
export const CENTRE = 13;

/** Steps di, dj, dk of each bit. */
export const STEPS: readonly Size3[] = Array.from({ length: 27 }, (_, n) => [
  Math.floor(n / 9) - 1,
  (Math.floor(n / 3) % 3) - 1,
  (n % 3) - 1,
]);

const axesMoved = (step: Size3): number => step.filter((d) => d !== 0).length;
const bitsWhere = (holds: (step: Size3) => boolean): number =>
  STEPS.reduce((bits, step, n) => (n !== CENTRE && holds(step) ? bits | (1 << n) : bits), 0);

/** The neighbours across a face; across a face or an edge; all. */
export const FACES = bitsWhere((step) => axesMoved(step) === 1);
export const FACES_EDGES = bitsWhere((step) => axesMoved(step) <= 2);
export const NEIGHBOURS = bitsWhere(() => true);

const between = (a: number, b: number): Size3 => [0, 1, 2].map((axis) => STEPS[b][axis] - STEPS[a][axis]) as never;

/** For each bit, those of the neighbourhood that touch it, in whatever way; the centre is left out. */
export const TOUCHING: readonly number[] = STEPS.map((_, n) =>
  bitsWhere((step) => {
    const other = STEPS.indexOf(step);
    return other !== n && between(n, other).every((d) => Math.abs(d) <= 1);
  }),
);

/** For each bit, those of the neighbourhood that share a face with it; the centre is left out. */
export const FACING: readonly number[] = STEPS.map((_, n) =>
  bitsWhere(
    (step) =>
      axesMoved(between(n, STEPS.indexOf(step))) === 1 &&
      between(n, STEPS.indexOf(step)).every((d) => Math.abs(d) <= 1),
  ),
);

/** The bits that are reached from one of `within` by steps of `adjacent`, itself included. */
export function connected(start: number, within: number, adjacent: readonly number[]): number {
  let reached = start;
  for (let front = start; front !== 0;) {
    const bit = lowest(front);
    const next = adjacent[bit] & within & ~reached;
    reached |= next;
    front = (front & (front - 1)) | next;
  }
  return reached;
}

/** Number of the lowest bit. */
export const lowest = (bits: number): number => 31 - Math.clz32(bits & -bits);

/** A mask with a margin of one empty voxel, so that every voxel has all its neighbours. */
export class PaddedMask {
  /** 1 = object; row-major i, j, k of `size` + 2. */
  readonly data: Uint8Array;
  /** Distance in `data` to the neighbour of each bit. */
  readonly offsets: readonly number[];
  private readonly strides: readonly [number, number, number];

  /** @param mask row-major i, j, k; every value but 0 is object */
  constructor(
    mask: ArrayLike<number>,
    readonly size: Size3,
  ) {
    const [I, J, K] = size;
    this.strides = [(J + 2) * (K + 2), K + 2, 1];
    this.offsets = STEPS.map(([i, j, k]) => i * this.strides[0] + j * this.strides[1] + k);
    this.data = new Uint8Array((I + 2) * this.strides[0]);
    let v = 0;
    for (let i = 0; i < I; i++) {
      for (let j = 0; j < J; j++) {
        const row = this.index(i, j, 0);
        for (let k = 0; k < K; k++, v++) this.data[row + k] = mask[v] ? 1 : 0;
      }
    }
  }

  /** Place of a voxel in `data`. */
  index(i: number, j: number, k: number): number {
    return (i + 1) * this.strides[0] + (j + 1) * this.strides[1] + k + 1;
  }

  /** The places of the object's voxels, ascending. */
  object(): number[] {
    const places: number[] = [];
    for (let at = 0; at < this.data.length; at++) if (this.data[at]) places.push(at);
    return places;
  }

  /** The object's part of a voxel's neighbourhood, without the voxel itself. */
  neighbours(at: number): number {
    let bits = 0;
    for (let n = 0; n < 27; n++) if (n !== CENTRE && this.data[at + this.offsets[n]]) bits |= 1 << n;
    return bits;
  }

  /** The mask without its margin. */
  unpadded(): Uint8Array {
    const [I, J, K] = this.size;
    const mask = new Uint8Array(I * J * K);
    for (let i = 0; i < I; i++) {
      for (let j = 0; j < J; j++) {
        const row = this.index(i, j, 0);
        mask.set(this.data.subarray(row, row + K), (i * J + j) * K);
      }
    }
    return mask;
  }
}
