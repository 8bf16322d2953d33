import type { Random } from '@paired3d/nn';
import type { Denoiser } from './denoiser';
import { drawApart } from './draw';

/** Settings of the passes that draw a finished sample again, half of it at a time. */
export interface GibbsOptions {
  /** each draws every other cell again, as the squares of one colour of a checkerboard */
  readonly passes: number;
  /** divides the logits of the codes in the last pass; in the first it is the sampler's, and falls by the same factor between any two */
  readonly temperature: number;
  /**
   * the same, for whether a token has the commonest code of its image: in vessel masks most cells have that of nothing, and
   * at a low temperature for all codes alike soon all would
   */
  readonly background: number;
  /** images whose tokens are drawn again; all by default */
  readonly images?: readonly number[];
}

/**
 * Block Gibbs sampling of the tokens of one sample, annealed. Ancestral sampling draws many tokens in one pass that do not
 * know of each other, and never looks back; here each is drawn given the codes of all cells that share a face with
 * its own. What the denoiser predicts of a masked token given the others is the conditional that Gibbs sampling draws from (Geman
 * and Geman, 1984, who anneal too; corrector steps of masked diffusion: Lezama et al., Discrete Predictor-Corrector Diffusion
 * Models, ICLR 2023).
 */
export class Gibbs {
  private readonly blocks: readonly [number[], number[]] = [[], []];
  private readonly perImage: number;
  /** of each image, found when the first pass begins */
  private commonest: readonly number[] = [];

  /**
   * @param tokens of the sample, changed in place
   * @param known those that are given, and stay
   * @param temperature of the sampler
   */
  constructor(
    private readonly denoiser: Denoiser,
    private readonly tokens: Int32Array,
    known: readonly boolean[],
    private readonly temperature: number,
    private readonly options: GibbsOptions,
  ) {
    const [images, , h, w] = denoiser.config.grid;
    this.perImage = tokens.length / images;
    for (const image of options.images ?? [...Array(images).keys()]) {
      const stride = denoiser.config.strides?.[image] ?? 1;
      for (let cell = 0; cell < this.perImage; cell++) {
        const at = image * this.perImage + cell;
        const [i, j, k] = [Math.floor(cell / (h * w)), Math.floor(cell / w) % h, cell % w].map((n) =>
          Math.floor(n / stride),
        );
        if (!known[at]) this.blocks[(i + j + k) % 2].push(at);
      }
    }
  }

  /** Masks the tokens that a pass draws again, and returns where they are, ascending. */
  mask(pass: number): number[] {
    if (pass === 0) this.commonest = this.findCommonest();
    const block = [...this.blocks[pass % 2]].sort((a, b) => a - b);
    for (const at of block) this.tokens[at] = this.denoiser.maskId;
    return block;
  }

  /** Draws them, from logits [rows, codes]. */
  draw(pass: number, rows: readonly number[], logits: Float32Array, random: Random): void {
    const { codes, ranges } = this.denoiser.config;
    const { passes, temperature, background } = this.options;
    const share = passes > 1 ? pass / (passes - 1) : 1;
    const annealed = (last: number) => this.temperature * (last / this.temperature) ** share;
    const temperatures = { temperature: annealed(temperature), background: annealed(background) };
    rows.forEach((at, row) => {
      const image = Math.floor(at / this.perImage);
      const range = ranges?.[image] ?? ([0, codes] as const);
      const draw = { ...temperatures, range, apart: this.commonest[image] };
      this.tokens[at] = drawApart(logits, row * codes, draw, random);
    });
  }

  private findCommonest(): number[] {
    const [images] = this.denoiser.config.grid;
    return Array.from({ length: images }, (_, image) => {
      const counts = new Int32Array(this.denoiser.config.codes);
      this.denoiser.present[image].forEach((there, at) => {
        if (there) counts[this.tokens[image * this.perImage + at]]++;
      });
      return counts.indexOf(Math.max(...counts));
    });
  }
}
