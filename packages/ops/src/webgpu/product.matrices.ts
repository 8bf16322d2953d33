import type { Parts } from './product.loads';
import { threadsOf, type MatrixTile } from './product.tiles';
import { MATRIX_DEPTH, SUBGROUPS } from './subgroupMatrix';

/**
 * Sums in subgroup matrices: the cores of a card that multiply whole matrices. Subgroups may turn out smaller than the largest
 * that the device has, and are more then; those that are too many only load and store.
 */
export function inSubgroupMatrices(tile: MatrixTile): Parts {
  const { m, n, k } = tile.matrix;
  // Rows of both tiles stay at multiples of 16 bytes, as loads of matrices want them.
  const pad = 8;
  const [leftStride, rightStride] = [tile.rows + pad, tile.columns + pad];
  const rows = Array.from({ length: tile.down }, (_, i) => i);
  const columns = Array.from({ length: tile.across }, (_, j) => j);
  const all = (make: (i: number, j: number) => string) =>
    rows.flatMap((i) => columns.map((j) => make(i, j))).join('\n  ');
  return {
    pad,
    declare: `
alias Left = subgroup_matrix_left<Operand, ${k}, ${m}>;
alias Right = subgroup_matrix_right<Operand, ${n}, ${k}>;
alias Sum = subgroup_matrix_result<f32, ${n}, ${m}>;
var<workgroup> blocks: array<f32, ${SUBGROUPS * m * n}>;
fn storeBlocks(base: i32, firstRow: i32, firstColumn: i32, thread: i32) {
  for (var i = thread; i < ${SUBGROUPS * m * n}; i += ${threadsOf(tile)}) {
    let row = firstRow + i / ${m * n} * ${tile.down * m} + i % ${m * n} / ${n};
    let column = firstColumn + i % ${n};
    if (row < u.rows && column < u.columns) { y[base + place(row, column)] = blocks[i] * unscale(); }
  }
}`,
    begin: all((i, j) => `var sum${i}${j}: Sum;`),
    add: `if (subgroup < ${SUBGROUPS}) {
      for (var k = 0; k < ${MATRIX_DEPTH}; k += ${k}) {
        let a = k * ${leftStride} + subgroup * ${tile.down * m};
        let b = k * ${rightStride};
        ${rows.map((i) => `let left${i} = subgroupMatrixLoad<Left, col_major>(&leftTile, u32(a + ${i * m}), ${leftStride});`).join('\n        ')}
        ${columns.map((j) => `let right${j} = subgroupMatrixLoad<Right, row_major>(&rightTile, u32(b + ${j * n}), ${rightStride});`).join('\n        ')}
        ${all((i, j) => `sum${i}${j} = subgroupMatrixMultiplyAccumulate(left${i}, right${j}, sum${i}${j});`)}
      }
    }`,
    finish: all(
      (i, j) => `if (subgroup < ${SUBGROUPS}) {
    subgroupMatrixStore<row_major>(&blocks, u32(subgroup * ${m * n}), sum${i}${j}, ${n});
  }
  workgroupBarrier();
  storeBlocks(base, firstRow + ${i * m}, firstColumn + ${j * n}, thread);
  workgroupBarrier();`,
    ),
  };
}
