import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Program } from './program';

/*
 * Attention and its three gradients have one form: out[row] = sum over others of weight(row, other) values[other], where the
 * weight comes from inner products of the row's vectors with the other's. A workgroup takes 32 rows and 64 columns of out
 * and goes over the others 32 at a time, so no matrix of weights is ever in memory (T. Dao et al., FlashAttention, 2022).
 */

const TILE = 32;
const COLUMNS = 64;
const WIDTH = 8;
const THREADS = 64;

export interface Tiles {
  readonly name: string;
  readonly heads: number;
  readonly rows: number;
  readonly others: number;
  /** Columns of `values` and of the result. */
  readonly columns: number;
  readonly reads: Program['reads'] & { readonly values: TensorInfo };
  readonly writes: Program['writes'] & { readonly out: TensorInfo };
  readonly integers?: Program['integers'];
  readonly floats?: Program['floats'];
  /** Makes `scores` of a tile, of which columns past `u.others` are 0; then, where softmax runs along, updates `out`. */
  readonly weights: string;
  /** After the last tile, before `out` is written. */
  readonly finish?: string;
  /** Declarations of its own. */
  readonly declare?: string;
}

/**
 * WGSL: the inner products of 32 row vectors with 32 other vectors, both `[heads, .., u.width]`, into `name`: each thread has
 * four rows, `down + 8 i`, by four others, `across + 8 j`.
 */
export function innerProducts(name: string, rows: string, others: string, width: string): string {
  return `
    var ${name} = array<vec4f, 4>();
    for (var start = 0; start < u.${width}; start += ${WIDTH}) {
      for (var i = thread; i < ${WIDTH * TILE}; i += ${THREADS}) {
        let w = start + i % ${WIDTH};
        let n = i / ${WIDTH};
        let at = (i % ${WIDTH}) * ${TILE} + n;
        rowTile[at] = 0.0;
        otherTile[at] = 0.0;
        if (w < u.${width}) {
          rowTile[at] = ${rows}[(head * u.rows + min(firstRow + n, u.rows - 1)) * u.${width} + w];
          otherTile[at] = ${others}[(head * u.others + min(firstOther + n, u.others - 1)) * u.${width} + w];
        }
      }
      workgroupBarrier();
      for (var w = 0; w < ${WIDTH}; w++) {
        let at = w * ${TILE} + across;
        let b = vec4f(otherTile[at], otherTile[at + 8], otherTile[at + 16], otherTile[at + 24]);
        for (var i = 0; i < 4; i++) { ${name}[i] += rowTile[w * ${TILE} + down + 8 * i] * b; }
      }
      workgroupBarrier();
    }`;
}

/** WGSL: writes `scores` from a thread's products; `value` may use `row`, `other`, `i` and `j`. */
export function setScores(value: string, beyond: string): string {
  return `
    for (var i = 0; i < 4; i++) {
      for (var j = 0; j < 4; j++) {
        let row = min(firstRow + down + 8 * i, u.rows - 1);
        let other = firstOther + across + 8 * j;
        var score = ${beyond};
        if (other < u.others) { score = ${value}; }
        scores[(down + 8 * i) * ${TILE} + across + 8 * j] = score;
      }
    }`;
}

export function attentionTiles(spec: Tiles): Program {
  const { name, heads, rows, others, columns, reads, writes, integers, floats, weights, declare = '' } = spec;
  const rowTiles = Math.ceil(rows / TILE);
  const columnTiles = Math.ceil(columns / COLUMNS);
  const eight = (make: (j: number) => string) => [0, 1, 2, 3].map(make).join(', ');
  return {
    name,
    reads,
    writes,
    integers: { ...integers, rows, others, columns, rowTiles, columnTiles },
    floats,
    threads: THREADS,
    workgroups: heads * rowTiles * columnTiles,
    code: `
var<workgroup> rowTile: array<f32, ${WIDTH * TILE}>;
var<workgroup> otherTile: array<f32, ${WIDTH * TILE}>;
var<workgroup> scores: array<f32, ${TILE * TILE}>;
var<workgroup> valueTile: array<f32, ${TILE * COLUMNS}>;
${declare}
fn run(workgroup: i32, thread: i32) {
  let firstColumn = workgroup % u.columnTiles * ${COLUMNS};
  let firstRow = workgroup / u.columnTiles % u.rowTiles * ${TILE};
  let head = workgroup / u.columnTiles / u.rowTiles;
  let across = thread % 8;
  let down = thread / 8;
  var sums = array<vec4f, 8>();
  for (var firstOther = 0; firstOther < u.others; firstOther += ${TILE}) {
    for (var i = thread; i < ${TILE * COLUMNS}; i += ${THREADS}) {
      let other = firstOther + i / ${COLUMNS};
      let column = firstColumn + i % ${COLUMNS};
      valueTile[i] = 0.0;
      if (other < u.others && column < u.columns) {
        valueTile[i] = values[(head * u.others + other) * u.columns + column];
      }
    }
    ${weights}
    workgroupBarrier();
    for (var n = 0; n < ${TILE}; n++) {
      let at = n * ${COLUMNS} + across;
      let low = vec4f(${eight((j) => `valueTile[at + ${8 * j}]`)});
      let high = vec4f(${eight((j) => `valueTile[at + ${8 * j + 32}]`)});
      for (var i = 0; i < 4; i++) {
        let weight = scores[(down + 8 * i) * ${TILE} + n];
        sums[2 * i] += weight * low;
        sums[2 * i + 1] += weight * high;
      }
    }
    workgroupBarrier();
  }
  ${spec.finish ?? ''}
  for (var i = 0; i < 4; i++) {
    let row = firstRow + down + 8 * i;
    if (row >= u.rows) { continue; }
    for (var j = 0; j < 8; j++) {
      let column = firstColumn + across + 8 * j;
      if (column < u.columns) { out[(head * u.rows + row) * u.columns + column] = sums[2 * i + j / 4][j % 4]; }
    }
  }
}`,
  };
}
