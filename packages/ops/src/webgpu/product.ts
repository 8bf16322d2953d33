import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Call } from './call';
import { largestOf, POWERS } from './magnitude';
import type { Program } from './program';
import { sums } from './sums';

/**
 * A product of two matrices that need not exist: the code says what their elements are, so that a convolution is one too
 * (implicit GEMM). Rows and steps of the left matrix are decoded once each, into four integers.
 */
export interface Product extends Pick<Program, 'name' | 'reads' | 'integers'> {
  /** Independent products, one after the other in y; 1 by default. */
  readonly batch?: number;
  readonly rows: number;
  readonly columns: number;
  /** Length of the sums. */
  readonly depth: number;
  /** Along which index neighbours of a matrix are neighbours in memory: threads load it in this order. */
  readonly leftAlong: 'row' | 'step';
  readonly rightAlong: 'column' | 'step';
  /** Parts of each sum that workgroups take on their own; 1 by default. */
  readonly splits?: number;
  /** The tensors of `reads` behind the two matrices. */
  readonly factors: readonly [left: string, right: string];
  /** By default chosen by the shape. */
  readonly tile?: Tile;
  /** By default what the call's precision says. */
  readonly operands?: Operands;
  /**
   * Defines `rowOf(row: i32) -> vec4i`, `stepOf(k: i32) -> vec4i`, `left(batch: i32, row: vec4i, step: vec4i) -> f32` and
   * `right(batch: i32, k: i32, column: i32) -> f32`; where `placed`, also `place(row: i32, column: i32) -> i32`, where in y
   * an element goes.
   */
  readonly code: string;
  readonly placed?: boolean;
}

/**
 * The factors as they lie in workgroup memory; products are added in float32 either way. `scaled` brings the largest value
 * of each by a power of two near 2^10, which takes the place of scaling the loss: half precision ends at 2^16 and 2^-24.
 */
export interface Operands {
  readonly type: 'f32' | 'f16';
  readonly scaled: boolean;
}

const OPERANDS = {
  float32: { type: 'f32', scaled: false },
  mixed: { type: 'f16', scaled: true },
} as const;

/** What a workgroup computes, and how many rows of four columns each thread: these stay in registers. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly rowsOfThread: number;
}

export const LARGE: Tile = { rows: 128, columns: 64, rowsOfThread: 8 };
export const SMALL: Tile = { rows: 32, columns: 32, rowsOfThread: 4 };
/** For few columns, of which larger tiles would compute mostly nothing. */
export const THIN: Tile = { rows: 64, columns: 8, rowsOfThread: 2 };

/** Steps of a sum whose factors lie in workgroup memory at a time. */
const DEPTH = 16;
/** Workgroups that keep a large card busy. */
const ENOUGH = 128;
const MOST_SPLITS = 256;

/** Large tiles where there are enough of them to fill a card. */
export function tileFor(rows: number, columns: number, batch = 1): Tile {
  if (columns <= THIN.columns) return THIN;
  const large = Math.ceil(rows / LARGE.rows) * Math.ceil(columns / LARGE.columns) * batch;
  return columns > SMALL.columns && large >= ENOUGH ? LARGE : SMALL;
}

/** As many parts as make enough workgroups, none of them short. */
export function splitsFor(rows: number, columns: number, depth: number): number {
  const tile = tileFor(rows, columns);
  const tiles = Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns);
  return Math.max(1, Math.min(MOST_SPLITS, Math.ceil(ENOUGH / tiles), Math.floor(depth / (8 * DEPTH))));
}

/** Records a product: y[batch, row, column] = sum_k left[row, k] right[k, column]. */
export function product(call: Call, spec: Product, y: TensorInfo): void {
  const { batch = 1, rows, columns, depth, splits = 1 } = spec;
  const tile = spec.tile ?? tileFor(rows, columns, batch);
  const rowTiles = Math.ceil(rows / tile.rows);
  const columnTiles = Math.ceil(columns / tile.columns);
  // Whole blocks of steps, so that parts start where loads are aligned.
  const span = Math.max(1, Math.ceil(depth / splits / DEPTH)) * DEPTH;
  const result = splits === 1 ? y : call.scratch([splits, rows * columns]);
  const operands = spec.operands ?? OPERANDS[call.precision];
  const [left, right] = spec.factors.map((name) => spec.reads[name]);
  const scales = operands.scaled && { largestLeft: largestOf(call, left), largestRight: largestOf(call, right) };
  call.run({
    name: spec.name,
    half: operands.type === 'f16',
    reads: { ...spec.reads, ...scales },
    writes: { y: result },
    integers: { ...spec.integers, rows, columns, depth, rowTiles, columnTiles, splits, span },
    threads: (tile.rows / tile.rowsOfThread) * (tile.columns / 4),
    workgroups: batch * splits * rowTiles * columnTiles,
    code: [spec.code, spec.placed ? '' : LINEAR, operandCode(operands), body(tile, spec)].join('\n'),
  });
  if (splits === 1) return;
  const code = 'fn term(o: i32, i: i32, c: i32) -> f32 { return parts[i * u.inner + c]; }';
  const over = { outer: 1, length: splits, inner: rows * columns };
  sums(call, { name: `${spec.name}, parts`, ...over, reads: { parts: result }, code }, y);
}

const LINEAR = 'fn place(row: i32, column: i32) -> i32 { return row * u.columns + column; }';

/** The type, and what the two factors and their product are multiplied by. */
function operandCode({ type, scaled }: Operands): string {
  const factors = ['scaleLeft', 'scaleRight', 'unscale'];
  if (!scaled)
    return `alias Operand = ${type};\n${factors.map((name) => `fn ${name}() -> f32 { return 1.0; }`).join('\n')}`;
  return `alias Operand = ${type};${POWERS}
fn scaleLeft() -> f32 { return power(10 - exponentOf(largestLeft[0])); }
fn scaleRight() -> f32 { return power(10 - exponentOf(largestRight[0])); }
fn unscale() -> f32 { return power(exponentOf(largestLeft[0]) - 10) * power(exponentOf(largestRight[0]) - 10); }`;
}

function body(tile: Tile, { leftAlong, rightAlong }: Product): string {
  const acrossThreads = tile.columns / 4;
  const downThreads = tile.rows / tile.rowsOfThread;
  const threads = acrossThreads * downThreads;
  // One more than the tile is wide: threads that write a column then meet different banks of memory.
  const [leftStride, rightStride] = [tile.rows + 1, tile.columns + 1];
  const rows = Array.from({ length: tile.rowsOfThread }, (_, i) => i);
  const columns = [0, 1, 2, 3];
  const each = (make: (i: number) => string) => rows.map(make).join('\n    ');
  return `
var<workgroup> leftTile: array<Operand, ${DEPTH * leftStride}>;
var<workgroup> rightTile: array<Operand, ${DEPTH * rightStride}>;
var<workgroup> rowPlaces: array<vec4i, ${tile.rows}>;
fn run(workgroup: i32, thread: i32) {
  let firstColumn = workgroup % u.columnTiles * ${tile.columns};
  let firstRow = workgroup / u.columnTiles % u.rowTiles * ${tile.rows};
  let slice = workgroup / u.columnTiles / u.rowTiles;
  let batch = slice / u.splits;
  let first = slice % u.splits * u.span;
  let last = min(first + u.span, u.depth);
  for (var r = thread; r < ${tile.rows}; r += ${threads}) { rowPlaces[r] = rowOf(min(firstRow + r, u.rows - 1)); }
  workgroupBarrier();
  let across = thread % ${acrossThreads};
  let down = thread / ${acrossThreads};
  ${each((i) => `var sum${i} = vec4f(0.0);`)}
  for (var start = first; start < last; start += ${DEPTH}) {
    ${loadLeft(tile, threads, leftStride, leftAlong)}
    ${loadRight(tile, threads, rightStride, rightAlong)}
    workgroupBarrier();
    for (var k = 0; k < ${DEPTH}; k++) {
      let at = k * ${rightStride} + across;
      let b = vec4f(${columns.map((j) => `f32(rightTile[at + ${j * acrossThreads}])`).join(', ')});
      let a = k * ${leftStride} + down;
      ${each((i) => `sum${i} += f32(leftTile[a + ${i * downThreads}]) * b;`)}
    }
    workgroupBarrier();
  }
  let base = slice * u.rows * u.columns;
  ${each((i) => `storeRow(base, firstRow + down + ${i * downThreads}, firstColumn + across, sum${i} * unscale());`)}
}
fn storeRow(base: i32, row: i32, column: i32, values: vec4f) {
  if (row >= u.rows) { return; }
  ${columns
    .map(
      (j) => `if (column + ${j * acrossThreads} < u.columns) {
    y[base + place(row, column + ${j * acrossThreads})] = values[${j}];
  }`,
    )
    .join('\n  ')}
}`;
}

function loadLeft(tile: Tile, threads: number, stride: number, along: 'row' | 'step'): string {
  const load = `var value = 0.0;
      if (start + k < last && firstRow + r < u.rows) { value = left(batch, rowPlaces[r], step); }
      leftTile[k * ${stride} + r] = Operand(value * scaleLeft());`;
  if (along === 'step') {
    return `{
      let k = thread % ${DEPTH};
      let step = stepOf(min(start + k, last - 1));
      for (var r = thread / ${DEPTH}; r < ${tile.rows}; r += ${threads / DEPTH}) {
      ${load}
      }
    }`;
  }
  return `for (var i = thread; i < ${DEPTH * tile.rows}; i += ${threads}) {
      let r = i % ${tile.rows};
      let k = i / ${tile.rows};
      let step = stepOf(min(start + k, last - 1));
      ${load}
    }`;
}

function loadRight(tile: Tile, threads: number, stride: number, along: 'column' | 'step'): string {
  const [k, c] = along === 'column' ? [`i / ${tile.columns}`, `i % ${tile.columns}`] : [`i % ${DEPTH}`, `i / ${DEPTH}`];
  return `for (var i = thread; i < ${DEPTH * tile.columns}; i += ${threads}) {
      let k = ${k};
      let c = ${c};
      var value = 0.0;
      if (start + k < last && firstColumn + c < u.columns) { value = right(batch, start + k, firstColumn + c); }
      rightTile[k * ${stride} + c] = Operand(value * scaleRight());
    }`;
}
