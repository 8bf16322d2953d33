import type { Size3 } from '../data/types';
import type { MotionConfig } from './motionCode';

/** The grid that tokens of motion stand for, of as many cells of the autoencoder each, over the same extent. */
export function motionGrid(cells: Size3, { cells: edge }: Pick<MotionConfig, 'cells'>): Size3 {
  return cells.map((n) => Math.ceil(n / edge)) as unknown as Size3;
}

/** Where these tokens lie among the cells, row-major: at every n-th of each axis. */
export function motionPlaces(cells: Size3, config: Pick<MotionConfig, 'cells'>): number[] {
  const [d, h, w] = motionGrid(cells, config);
  return Array.from({ length: d * h * w }, (_, at) => {
    const [i, j, k] = [Math.floor(at / (h * w)), Math.floor(at / w) % h, at % w].map((n) => n * config.cells);
    return (i * cells[1] + j) * cells[2] + k;
  });
}
