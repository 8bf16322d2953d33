import { depthOf, threadsOf, type Tile } from './product.tiles';

/** Along which index neighbours of a matrix are neighbours in memory: threads load it in this order. */
export interface Along {
  readonly leftAlong: 'row' | 'step';
  readonly rightAlong: 'column' | 'step';
}

/**
 * WGSL: a workgroup's part of a product. It loads the factors of so many steps at a time into `leftTile[k][row]` and
 * `rightTile[k][column]`, rows of which are `pad` longer than the tile, and adds up their products.
 */
export interface Parts {
  readonly pad: number;
  /** Declarations of its own. */
  readonly declare: string;
  /** Before the first step: the sums. */
  readonly begin: string;
  /** Adds to them what the tiles hold. */
  readonly add: string;
  /** Writes them; `base`, `firstRow` and `firstColumn` say where. */
  readonly finish: string;
}

export function workgroupCode(tile: Tile, { leftAlong, rightAlong }: Along, parts: Parts): string {
  const [depth, threads] = [depthOf(tile), threadsOf(tile)];
  const [leftStride, rightStride] = [tile.rows + parts.pad, tile.columns + parts.pad];
  return `
var<workgroup> leftTile: array<Operand, ${depth * leftStride}>;
var<workgroup> rightTile: array<Operand, ${depth * rightStride}>;
var<workgroup> rowPlaces: array<vec4i, ${tile.rows}>;
${parts.declare}
fn run(workgroup: i32, thread: i32${'matrix' in tile ? ', subgroup: i32' : ''}) {
  let firstColumn = workgroup % u.columnTiles * ${tile.columns};
  let firstRow = workgroup / u.columnTiles % u.rowTiles * ${tile.rows};
  let slice = workgroup / u.columnTiles / u.rowTiles;
  let batch = slice / u.splits;
  let first = slice % u.splits * u.span;
  let last = min(first + u.span, u.depth);
  for (var r = thread; r < ${tile.rows}; r += ${threads}) { rowPlaces[r] = rowOf(min(firstRow + r, u.rows - 1)); }
  workgroupBarrier();
  ${parts.begin}
  for (var start = first; start < last; start += ${depth}) {
    ${loadLeft(tile, leftStride, leftAlong)}
    ${loadRight(tile, rightStride, rightAlong)}
    workgroupBarrier();
    ${parts.add}
    workgroupBarrier();
  }
  let base = slice * u.rows * u.columns;
  ${parts.finish}
}`;
}

function loadLeft(tile: Tile, stride: number, along: 'row' | 'step'): string {
  const [depth, threads] = [depthOf(tile), threadsOf(tile)];
  const load = `var value = 0.0;
      if (start + k < last && firstRow + r < u.rows) { value = left(batch, rowPlaces[r], step); }
      leftTile[k * ${stride} + r] = Operand(value * scaleLeft());`;
  if (along === 'step') {
    return `{
      let k = thread % ${depth};
      let step = stepOf(min(start + k, last - 1));
      for (var r = thread / ${depth}; r < ${tile.rows}; r += ${threads / depth}) {
      ${load}
      }
    }`;
  }
  return `for (var i = thread; i < ${depth * tile.rows}; i += ${threads}) {
      let r = i % ${tile.rows};
      let k = i / ${tile.rows};
      let step = stepOf(min(start + k, last - 1));
      ${load}
    }`;
}

function loadRight(tile: Tile, stride: number, along: 'column' | 'step'): string {
  const [depth, threads] = [depthOf(tile), threadsOf(tile)];
  const [k, c] = along === 'column' ? [`i / ${tile.columns}`, `i % ${tile.columns}`] : [`i % ${depth}`, `i / ${depth}`];
  return `for (var i = thread; i < ${depth * tile.columns}; i += ${threads}) {
      let k = ${k};
      let c = ${c};
      var value = 0.0;
      if (start + k < last && firstColumn + c < u.columns) { value = right(batch, start + k, firstColumn + c); }
      rightTile[k * ${stride} + c] = Operand(value * scaleRight());
    }`;
}
