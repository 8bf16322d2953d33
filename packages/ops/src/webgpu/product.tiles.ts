import { MATRIX_DEPTH, SUBGROUPS, type SubgroupMatrix } from './subgroupMatrix';

/** What a workgroup computes. */
export type Tile = RegisterTile | MatrixTile;

/** By threads: so many rows of four columns each, which stay in registers. */
export interface RegisterTile {
  readonly rows: number;
  readonly columns: number;
  readonly rowsOfThread: number;
}

/** By subgroups, one below the other: `down` x `across` matrices each. */
export interface MatrixTile {
  readonly rows: number;
  readonly columns: number;
  readonly matrix: SubgroupMatrix;
  readonly down: number;
  readonly across: number;
}

export const LARGE: RegisterTile = { rows: 128, columns: 64, rowsOfThread: 8 };
export const SMALL: RegisterTile = { rows: 32, columns: 32, rowsOfThread: 4 };
/** For few columns, of which larger tiles would compute mostly nothing. */
export const THIN: RegisterTile = { rows: 64, columns: 8, rowsOfThread: 2 };

/** Steps of a sum whose factors lie in workgroup memory at a time. */
const DEPTH = 16;
/** Workgroups that keep a large card busy. */
const ENOUGH = 128;
const MOST_SPLITS = 256;

export const threadsOf = (tile: Tile): number =>
  'matrix' in tile ? SUBGROUPS * tile.matrix.threads : (tile.rows / tile.rowsOfThread) * (tile.columns / 4);

export const depthOf = (tile: Tile): number => ('matrix' in tile ? MATRIX_DEPTH : DEPTH);

/** Large tiles where there are enough of them to fill a card; of subgroup matrices where the device has them. */
export function tileFor(rows: number, columns: number, batch = 1, matrix?: SubgroupMatrix): Tile {
  if (columns <= THIN.columns) return THIN;
  if (matrix) return matrixTileFor(rows, columns, batch, matrix);
  const large = Math.ceil(rows / LARGE.rows) * Math.ceil(columns / LARGE.columns) * batch;
  return columns > SMALL.columns && large >= ENOUGH ? LARGE : SMALL;
}

function matrixTileFor(rows: number, columns: number, batch: number, matrix: SubgroupMatrix): MatrixTile {
  const across = [1, 2].find((count) => columns <= count * matrix.n) ?? 4;
  const tall = 2 * SUBGROUPS * matrix.m;
  const many = Math.ceil(rows / tall) * Math.ceil(columns / (across * matrix.n)) * batch >= ENOUGH;
  return matrixTile(matrix, many ? 2 : 1, across);
}

export const matrixTile = (matrix: SubgroupMatrix, down: number, across: number): MatrixTile => ({
  rows: SUBGROUPS * down * matrix.m,
  columns: across * matrix.n,
  matrix,
  down,
  across,
});

/** As many parts as make enough workgroups, none of them short. */
export function splitsFor(rows: number, columns: number, depth: number): number {
  const tile = tileFor(rows, columns);
  const tiles = Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns);
  return Math.max(1, Math.min(MOST_SPLITS, Math.ceil(ENOUGH / tiles), Math.floor(depth / (8 * DEPTH))));
}
