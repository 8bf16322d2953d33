import { Random } from '@paired3d/nn';
import type { PhantomConfig } from '../config';
import type { Landmarks, PreparedPair, Size3, Split } from '../types';
import { Breathing } from './breathing';
import { fillLung, twoLungs } from './lungs';
import { renderTrees } from './render';
import { childCounts, growTree } from './tree';
import type { Tree } from './tree';

/**
 * One phantom pair: two lungs with branching vessel trees, drawn once as they are (fixed) and once with their
 * centrelines transported by a random breathing motion (moving), so that the true displacement of every landmark is
 * known: k_moving = flow(k_fixed).
 *
 * @param index number of the case within its split; (seed, split, index) alone decides what is drawn
 */
export function makePhantom(config: PhantomConfig, split: Split, index: number, id: string): PreparedPair {
  const { size, spacing } = config;
  const flat = size[0] === 1;
  const extent: Size3 = [size[0] * spacing, size[1] * spacing, size[2] * spacing];
  const random = Random.of(config.seed, 'phantom', split, index);
  const anatomy = random.fork('anatomy');
  const trees = twoLungs(extent, flat).map((lung) => {
    // In the plane, vessels that are as far apart as in space would leave no gaps.
    const distance = config.tipDistance * spacing * (flat ? 1.6 : 1);
    const tips = fillLung(lung, distance, anatomy);
    return growTree(lung.hilum, tips, spacing, config.tipRadius * spacing, anatomy);
  });
  const breathing = new Breathing(extent, flat, random.fork('breathing'));
  const nodes = trees.map((tree) => tree.points);
  breathing.scaleTo(amplitude(config, split, index), concatenate(nodes));
  const moved = nodes.map((points) => breathing.transport(points));
  const landmarks = pickLandmarks(trees, moved, extent, config.landmarks, random.fork('landmarks'));
  return {
    id,
    fixed: renderTrees(trees, nodes, size, spacing),
    moving: renderTrees(trees, moved, size, spacing),
    size,
    extent,
    landmarks: { exact: landmarks, cropped: landmarks },
  };
}

/**
 * Mean displacement of a case in mm: log-uniform over a factor of `amplitudeRatio`, `meanDisplacement` on average. A
 * golden-ratio sequence with a random start spreads the cases of a small split evenly.
 */
function amplitude({ seed, meanDisplacement, amplitudeRatio }: PhantomConfig, split: Split, index: number): number {
  if (amplitudeRatio === 1) return meanDisplacement;
  const spread = Math.log(amplitudeRatio);
  const mean = (Math.sqrt(amplitudeRatio) - 1 / Math.sqrt(amplitudeRatio)) / spread;
  const position = (Random.of(seed, 'phantom', split, 'amplitude').uniform() + (index + 1) * 0.6180339887498949) % 1;
  return (meanDisplacement / mean) * Math.exp(spread * (position - 0.5));
}

/** Branch points first, as a reader would choose them, then other points of the centrelines. */
function pickLandmarks(
  trees: readonly Tree[],
  moved: readonly Float64Array[],
  extent: Size3,
  count: number,
  random: Random,
): Landmarks {
  const branches: [number, number][] = [];
  const others: [number, number][] = [];
  trees.forEach((tree, t) =>
    childCounts(tree).forEach((children, n) => (children > 1 ? branches : others).push([t, n])),
  );
  const picked = [...random.shuffle(branches), ...random.shuffle(others)].slice(0, count);
  const normalised = (points: readonly Float64Array[]) => {
    const out = new Float32Array(3 * picked.length);
    picked.forEach(([t, n], p) => {
      for (let a = 0; a < 3; a++) out[3 * p + 2 - a] = points[t][3 * n + a] / (extent[a] / 2);
    });
    return out;
  };
  return { fixed: normalised(trees.map((tree) => tree.points)), moving: normalised(moved), count: picked.length };
}

function concatenate(parts: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
