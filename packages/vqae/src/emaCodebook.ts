import { Random, type HostTensor } from '@paired3d/nn';
import { VqaeError, type EmaQuantizerConfig } from './config';

/**
 * Codes as exponential moving averages of the latents they stand for (Razavi et al., 2019, eq. A.1):
 *   N_i <- γ N_i + (1-γ) n_i,   m_i <- γ m_i + (1-γ) Σ_j z_ij,   e_i = m_i / N_i,
 * on the host: it is little work, and exact on every backend.
 */
export class EmaCodebook {
  private readonly counts: Float32Array;
  private readonly sums: Float32Array;
  /** The codebook that these make, once codes have been drawn. */
  private current: Float32Array | undefined;

  constructor(
    private readonly config: EmaQuantizerConfig,
    private readonly codes: number,
    private readonly codeDim: number,
  ) {
    this.counts = new Float32Array(codes);
    this.sums = new Float32Array(codes * codeDim);
  }

  /** False until the codes have been drawn from latents. */
  get initialised(): boolean {
    return this.current !== undefined;
  }

  /** The codebook [codes, codeDim] drawn from latents [n, codeDim], with a little noise so that codes differ. */
  initialise(latents: Float32Array, random: Random): Float32Array {
    const n = latents.length / this.codeDim;
    const scale = 0.01 * rootMeanSquare(latents);
    const order = random.shuffle(Array.from({ length: n }, (_, i) => i));
    for (let code = 0; code < this.codes; code++) {
      for (let c = 0; c < this.codeDim; c++) {
        const value = latents[order[code % n] * this.codeDim + c] + scale * random.normal();
        this.sums[code * this.codeDim + c] = value;
      }
      this.counts[code] = 1;
    }
    return (this.current = this.codebook());
  }

  /**
   * The codebook after a step in which `latents` [n, codeDim] were given the codes `assigned` [n].
   * Codes whose count falls below the restart threshold move to latents that are badly coded.
   */
  update(latents: Float32Array, assigned: Int32Array, random: Random): Float32Array {
    const { decay, restartBelow } = this.config;
    const { codeDim, counts, sums } = this;
    const previous = this.current!;
    for (let i = 0; i < counts.length; i++) counts[i] *= decay;
    for (let i = 0; i < sums.length; i++) sums[i] *= decay;
    const errors = new Float64Array(assigned.length);
    for (let j = 0; j < assigned.length; j++) {
      const code = assigned[j];
      counts[code] += 1 - decay;
      let error = 0;
      for (let c = 0, i = code * codeDim, k = j * codeDim; c < codeDim; c++, i++, k++) {
        const z = latents[k];
        const difference = z - previous[i];
        sums[i] += (1 - decay) * z;
        error += difference * difference;
      }
      errors[j] = error;
    }
    this.restart(latents, errors, restartBelow, random);
    return (this.current = this.codebook());
  }

  private restart(latents: Float32Array, errors: Float64Array, below: number, random: Random): void {
    const cumulative = new Float64Array(errors.length);
    let total = 0;
    for (let j = 0; j < errors.length; j++) cumulative[j] = total += errors[j];
    if (!(total > 0)) return;
    for (let code = 0; code < this.codes; code++) {
      if (this.counts[code] >= below) continue;
      const target = random.uniform() * total;
      const chosen = Math.min(lowerBound(cumulative, target), errors.length - 1);
      this.counts[code] = 1;
      for (let c = 0; c < this.codeDim; c++) {
        this.sums[code * this.codeDim + c] = latents[chosen * this.codeDim + c];
      }
    }
  }

  private codebook(): Float32Array {
    const { codeDim, counts, sums } = this;
    const codebook = new Float32Array(sums.length);
    for (let code = 0, i = 0; code < counts.length; code++) {
      const count = Math.max(counts[code], 1e-12);
      for (let c = 0; c < codeDim; c++, i++) codebook[i] = sums[i] / count;
    }
    return codebook;
  }

  /** `ema.counts` and `ema.sums`, for checkpoints. */
  state(): Map<string, HostTensor> {
    if (!this.initialised) return new Map();
    return new Map<string, HostTensor>([
      ['ema.counts', { dtype: 'F32', shape: [this.codes], data: this.counts.slice() }],
      ['ema.sums', { dtype: 'F32', shape: [this.codes, this.codeDim], data: this.sums.slice() }],
    ]);
  }

  /**
   * Continues from `state()`; from that of a codebook that had not been drawn yet, starts anew.
   * @throws VqaeError when it is the state of another codebook
   */
  load(state: ReadonlyMap<string, HostTensor>): void {
    const given = [state.get('ema.counts'), state.get('ema.sums')];
    if (!given.some((tensor) => tensor !== undefined)) {
      this.current = undefined;
      return;
    }
    const fits = given.map((tensor, i) => tensor?.data.length === [this.counts, this.sums][i].length);
    if (!fits.every(Boolean)) {
      const got = given.map((tensor) => (tensor ? `[${tensor.shape}]` : 'none')).join(' and ');
      const expected = `counts [${this.codes}] and sums [${this.codes},${this.codeDim}]`;
      throw new VqaeError('EmaCodebook.load', expected, got, 'load the state of this training');
    }
    this.counts.set(given[0]!.data as Float32Array);
    this.sums.set(given[1]!.data as Float32Array);
    this.current = this.codebook();
  }
}

function rootMeanSquare(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / values.length);
}

/** Index of the first element that is greater than `target`. */
function lowerBound(sorted: Float64Array, target: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] > target) high = middle;
    else low = middle + 1;
  }
  return low;
}
