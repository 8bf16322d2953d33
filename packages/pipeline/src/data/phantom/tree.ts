import type { Random } from '@paired3d/nn';
import type { Point } from './lungs';

/** A vessel tree: nodes with their parent (-1 = root) and the radius of the tube that ends there, in mm. */
export interface Tree {
  /** `[count, 3]` mm along i, j, k; a parent comes before its children. */
  points: Float64Array;
  parents: Int32Array;
  radii: Float64Array;
  count: number;
}

/**
 * Grows a tree from `root` towards the `tips` by space colonisation (Runions, Lane and Prusinkiewicz 2007): in each
 * round every tip pulls at its nearest node, and nodes that are pulled grow one step. Radii follow Murray's law,
 * r^3 = sum of r_child^3.
 *
 * @param step mm a round; `tipRadius`: radius in mm of the thinnest vessels
 */
export function growTree(root: Point, tips: readonly Point[], step: number, tipRadius: number, random: Random): Tree {
  const nodes: Point[] = [root];
  const parents = [-1];
  const tipNode = new Int32Array(tips.length);
  const squared = Float64Array.from(tips, (tip) => distance2(tip, root));
  let alive = tips.map((_, t) => t);
  const rounds = 60 + 4 * Math.ceil(Math.sqrt(Math.max(1, ...squared)) / step);
  for (let round = 0; round < rounds && alive.length > 0; round++) {
    const groups = new Map<number, number[]>();
    for (const t of alive) {
      const group = groups.get(tipNode[t]);
      if (group) group.push(t);
      else groups.set(tipNode[t], [t]);
    }
    const before = nodes.length;
    for (const [node, group] of groups) {
      nodes.push(growthPoint(nodes, parents, node, group, tips, step, random));
      parents.push(node);
    }
    const reached = new Set<number>();
    for (const t of alive) {
      for (let n = before; n < nodes.length; n++) {
        const d = distance2(tips[t], nodes[n]);
        if (d < squared[t]) {
          squared[t] = d;
          tipNode[t] = n;
        }
      }
      if (squared[t] < step * step) reached.add(t);
    }
    // A node whose tips all stayed behind was pulled both ways and would grow the same child for ever: let one tip go.
    for (const [node, group] of groups) if (group.every((t) => tipNode[t] === node)) reached.add(group[0]);
    alive = alive.filter((t) => !reached.has(t));
  }
  return finish(nodes, parents, tipRadius);
}

function growthPoint(
  nodes: readonly Point[],
  parents: readonly number[],
  node: number,
  group: readonly number[],
  tips: readonly Point[],
  step: number,
  random: Random,
): Point {
  const from = nodes[node];
  const pull = [0, 0, 0];
  for (const t of group) {
    const length = Math.sqrt(distance2(tips[t], from)) || 1;
    for (let a = 0; a < 3; a++) pull[a] += (tips[t][a] - from[a]) / length / group.length;
  }
  const parent = parents[node];
  for (let a = 0; a < 3; a++) {
    // Vessels keep their direction for a while, and are never quite straight.
    if (parent >= 0) pull[a] += (0.35 * (from[a] - nodes[parent][a])) / step;
    if (pull[a] !== 0) pull[a] += 0.12 * random.normal();
  }
  const length = Math.hypot(pull[0], pull[1], pull[2]) || 1;
  return [
    from[0] + (step * pull[0]) / length,
    from[1] + (step * pull[1]) / length,
    from[2] + (step * pull[2]) / length,
  ];
}

function finish(nodes: readonly Point[], parents: readonly number[], tipRadius: number): Tree {
  const count = nodes.length;
  const cubes = new Float64Array(count);
  for (let n = count - 1; n >= 0; n--) {
    if (cubes[n] === 0) cubes[n] = tipRadius ** 3;
    if (parents[n] >= 0) cubes[parents[n]] += cubes[n];
  }
  return {
    points: Float64Array.from(nodes.flat()),
    parents: Int32Array.from(parents),
    radii: cubes.map(Math.cbrt),
    count,
  };
}

/** Number of children of each node: 0 = tip, 2 or more = branch point. */
export function childCounts(tree: Tree): Int32Array {
  const counts = new Int32Array(tree.count);
  for (let n = 0; n < tree.count; n++) if (tree.parents[n] >= 0) counts[tree.parents[n]]++;
  return counts;
}

function distance2(p: Point, q: Point): number {
  return (p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2 + (p[2] - q[2]) ** 2;
}
