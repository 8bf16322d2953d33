import type { Size3 } from '../data/types';
import {
  connected,
  FACES,
  FACES_EDGES,
  FACING,
  lowest,
  NEIGHBOURS,
  PaddedMask,
  STEPS,
  TOUCHING,
} from './neighbourhood';

/** The borders of an object, in the order in which they are peeled: one direction after its opposite. */
const BORDERS = [
  [0, 0, 1],
  [0, 0, -1],
  [0, 1, 0],
  [0, -1, 0],
  [1, 0, 0],
  [-1, 0, 0],
].map((border) => STEPS.findIndex((step) => step.every((d, axis) => d === border[axis])));

/**
 * The skeleton of a mask by topology-preserving thinning: lines one voxel wide along the middle of its tubes, with as
 * many components (26-connected), cavities and tunnels as the mask has. What lies outside the volume is background.
 *
 * Lee, Kashyap and Chu, Building skeleton models via 3-D medial surface/axis thinning algorithms, CVGIP: Graphical Models
 * and Image Processing 56, 1994: the border is peeled from six directions in turn, ends of lines stay, and candidates
 * are looked at again one after the other before they go. Their test for simple points (Euler characteristic and
 * components of the neighbourhood) is used in the equivalent form of {@link isSimple}.
 *
 * @param mask row-major i, j, k; every value but 0 is object
 * @returns 1 on the skeleton
 */
export function skeleton(mask: ArrayLike<number>, size: Size3): Uint8Array {
  const padded = new PaddedMask(mask, size);
  const { data, offsets } = padded;
  const simple = (at: number): boolean => isSimple(padded.neighbours(at));
  /** One neighbour at most. */
  const isEnd = (at: number): boolean => {
    const neighbours = padded.neighbours(at);
    return (neighbours & (neighbours - 1)) === 0;
  };
  let object = padded.object();
  for (let before = Infinity; object.length < before;) {
    before = object.length;
    for (const border of BORDERS) {
      const candidates = object.filter((at) => !data[at + offsets[border]] && !isEnd(at) && simple(at));
      // Ends that come about only now are no ends of lines but bumps of the border: they go too.
      for (const at of candidates) if (simple(at)) data[at] = 0;
      object = object.filter((at) => data[at]);
    }
  }
  return padded.unpadded();
}

/**
 * Whether the topology stays when a voxel of the object becomes background: its object neighbours are one 26-connected
 * component, and the background that shares a face with it is one 6-connected component among faces and edges.
 *
 * Bertrand and Malandain, A new characterization of three-dimensional simple points, Pattern Recognition Letters 15, 1994.
 *
 * @param neighbours the object's part of the neighbourhood
 */
export function isSimple(neighbours: number): boolean {
  if (neighbours === 0 || connected(neighbours & -neighbours, neighbours, TOUCHING) !== neighbours) return false;
  const background = ~neighbours & NEIGHBOURS & FACES_EDGES;
  const faces = background & FACES;
  return faces !== 0 && (faces & ~connected(1 << lowest(faces), background, FACING)) === 0;
}
