import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Call } from './call';
import { largestOf, POWERS } from './magnitude';
import { workgroupCode, type Along } from './product.loads';
import { inSubgroupMatrices } from './product.matrices';
import { inRegisters } from './product.registers';
import { depthOf, threadsOf, tileFor, type Tile } from './product.tiles';
import type { Program } from './program';
import { sums } from './sums';

/**
 * A product of two matrices that need not exist: the code says what their elements are, so that a convolution is one too
 * (implicit GEMM). Rows and steps of the left matrix are decoded once each, into four integers.
 */
export interface Product extends Pick<Program, 'name' | 'reads' | 'integers'>, Along {
  /** Independent products, one after the other in y; 1 by default. */
  readonly batch?: number;
  readonly rows: number;
  readonly columns: number;
  /** Length of the sums. */
  readonly depth: number;
  /** Parts of each sum that workgroups take on their own; 1 by default. */
  readonly splits?: number;
  /** The tensors of `reads` behind the two matrices. */
  readonly factors: readonly [left: string, right: string];
  /** By default chosen by the shape and the device. */
  readonly tile?: Tile;
  /** By default what the device's precision and the tile say. */
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

export const WHOLE: Operands = { type: 'f32', scaled: false };
export const HALF: Operands = { type: 'f16', scaled: true };

/** Records a product: y[batch, row, column] = sum_k left[row, k] right[k, column]. */
export function product(call: Call, spec: Product, y: TensorInfo): void {
  const { batch = 1, rows, columns, depth, splits = 1 } = spec;
  const { precision, matrix } = call.arithmetic;
  const tile = spec.tile ?? tileFor(rows, columns, batch, matrix);
  const type = 'matrix' in tile ? tile.matrix.type : precision === 'mixed' ? 'f16' : 'f32';
  const operands = spec.operands ?? (type === 'f16' ? HALF : WHOLE);
  const rowTiles = Math.ceil(rows / tile.rows);
  const columnTiles = Math.ceil(columns / tile.columns);
  // Whole blocks of steps, so that parts start where loads are aligned.
  const span = Math.max(1, Math.ceil(depth / splits / depthOf(tile))) * depthOf(tile);
  const result = splits === 1 ? y : call.scratch([splits, rows * columns]);
  const [left, right] = spec.factors.map((name) => spec.reads[name]);
  const scales = operands.scaled ? largestOf(call, left, right) : undefined;
  const [placeLeft, placeRight] = scales?.places ?? [];
  const parts = 'matrix' in tile ? inSubgroupMatrices(tile) : inRegisters(tile);
  call.run({
    name: spec.name,
    extensions: extensionsOf(tile, operands),
    reads: { ...spec.reads, ...(scales && { magnitudes: scales.magnitudes }) },
    writes: { y: result },
    integers: {
      ...spec.integers,
      rows,
      columns,
      depth,
      rowTiles,
      columnTiles,
      splits,
      span,
      ...(scales && { placeLeft, placeRight }),
    },
    threads: threadsOf(tile),
    workgroups: batch * splits * rowTiles * columnTiles,
    code: [spec.code, spec.placed ? '' : LINEAR, operandCode(operands), workgroupCode(tile, spec, parts)].join('\n'),
  });
  if (splits === 1) return;
  const code = 'fn term(o: i32, i: i32, c: i32) -> f32 { return parts[i * u.inner + c]; }';
  const over = { outer: 1, length: splits, inner: rows * columns };
  sums(call, { name: `${spec.name}, parts`, ...over, reads: { parts: result }, code }, y);
}

function extensionsOf(tile: Tile, { type }: Operands): string[] {
  return [
    ...(type === 'f16' ? ['f16'] : []),
    ...('matrix' in tile ? ['subgroups', 'chromium_experimental_subgroup_matrix'] : []),
  ];
}

const LINEAR = 'fn place(row: i32, column: i32) -> i32 { return row * u.columns + column; }';

/** The type, and what the two factors and their product are multiplied by. */
function operandCode({ type, scaled }: Operands): string {
  const factors = ['scaleLeft', 'scaleRight', 'unscale'];
  if (!scaled)
    return `alias Operand = ${type};\n${factors.map((name) => `fn ${name}() -> f32 { return 1.0; }`).join('\n')}`;
  return `alias Operand = ${type};${POWERS}
fn exponentLeft() -> i32 { return exponentOf(magnitudes[u.placeLeft]); }
fn exponentRight() -> i32 { return exponentOf(magnitudes[u.placeRight]); }
fn scaleLeft() -> f32 { return power(10 - exponentLeft()); }
fn scaleRight() -> f32 { return power(10 - exponentRight()); }
fn unscale() -> f32 { return power(exponentLeft() - 10) * power(exponentRight() - 10); }`;
}
