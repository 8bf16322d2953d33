import type { Size3 } from '../data/types';
import { motionCodes, shapeCodes, type MotionConfig, type MotionTokens } from './motionCode';

/** The grid that tokens of shape stand for, of as many cells of the autoencoder each, over the same extent. */
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

/** Images of a token grid with motion: the fixed scan, the shape, and the gain, which has one token, at the first cell. */
export const IMAGES_WITH_MOTION = 3;

/** For each of these images the codes [from, end) that it can have, behind the autoencoder's, and how far apart its tokens lie. */
export function motionLayout(codes: number, cells: Size3, config: MotionConfig) {
  const [gains, end] = [codes + shapeCodes(config), codes + motionCodes(config)];
  return {
    ranges: [
      [0, codes],
      [codes, gains],
      [gains, end],
    ],
    strides: [1, config.cells, Math.max(...cells)],
  } as const;
}

/** What `placeMotion` and `takeMotion` need: the autoencoder's number of codes, and its cells. */
interface Layout {
  readonly codes: number;
  readonly cells: Size3;
  readonly config: MotionConfig;
}

/** The tokens of a fixed scan and of a motion as a token grid, row-major; places without a token hold the first code of their image. */
export function placeMotion(
  fixed: ArrayLike<number>,
  { shape, gain }: MotionTokens,
  { codes, cells, config }: Layout,
): Int32Array {
  const { ranges } = motionLayout(codes, cells, config);
  const tokens = new Int32Array(IMAGES_WITH_MOTION * fixed.length);
  tokens.set(fixed);
  ranges
    .slice(1)
    .forEach(([first], image) => tokens.fill(first, (image + 1) * fixed.length, (image + 2) * fixed.length));
  motionPlaces(cells, config).forEach((place, at) => (tokens[fixed.length + place] = codes + shape[at]));
  tokens[2 * fixed.length] = codes + gain;
  return tokens;
}

/** The motion of a token grid. */
export function takeMotion(tokens: Int32Array, { codes, cells, config }: Layout): MotionTokens {
  const perImage = tokens.length / IMAGES_WITH_MOTION;
  const shape = motionPlaces(cells, config).map((place) => tokens[perImage + place] - codes);
  return { shape, gain: tokens[2 * perImage] - codes };
}
