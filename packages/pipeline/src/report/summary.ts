/**
 * How a held-out pair was registered.
 *
 * - `before`: not at all, the pair as it came
 * - `networkReal`: the network trained equally long on the real training pairs, the baseline to beat
 * - `network`: the network trained on synthetic pairs only
 * - `tta`: that network after test-time adaptation to the pair
 * - `refined`: instance optimisation that starts from that network's field
 * - `optimise`: instance optimisation, without a network
 */
export type Method = 'before' | 'networkReal' | 'network' | 'tta' | 'refined' | 'optimise';

/** Every method in the order in which tables and charts show them. */
export const METHODS: readonly Method[] = ['before', 'networkReal', 'network', 'tta', 'refined', 'optimise'];

/** One number per case and their mean. */
export interface CaseTable {
  /** For errors at landmarks: the mean over all landmarks of all cases, so a case weighs as many landmarks as it has. */
  readonly mean: number;
  /** Case id to value; for errors the mean over the landmarks of that case. */
  readonly cases: Readonly<Record<string, number>>;
}

/** A table for each method that was evaluated; a method that did not run is absent. */
export type MethodTables = Readonly<Partial<Record<Method, CaseTable>>>;

/** Errors in mm that so many percent of the landmarks stay below. */
export type Percentiles = Readonly<Record<(typeof PERCENTS)[number], number>>;

/** The percentiles that are given. */
export const PERCENTS = [25, 50, 75, 95] as const;

/** What registration reached on the held-out pairs. */
export interface RegistrationSummary {
  /** Target registration error in mm at landmarks rounded to the cropped frame. */
  readonly tre?: MethodTables;
  /** Target registration error in mm at exact landmarks. */
  readonly treExact?: MethodTables;
  /** Dice overlap of the fixed and the warped moving mask, 0 to 1. */
  readonly dice?: MethodTables;
  /** Percentage of voxels at which the deformation folds (Jacobian determinant not positive). */
  readonly folding?: MethodTables;
  /** Mean distance in mm from a point to where forward and backward field together take it. */
  readonly inverseConsistency?: MethodTables;
  /** Mean distance in mm over the foreground from where `optimise` takes a point: an error for pairs without landmarks. */
  readonly fromOptimised?: MethodTables;
  /** Error in mm of moving every point by the mean displacement of the training pairs. */
  readonly constantMeanDisplacement?: { readonly mean: number };
  /** Percentiles of the error in mm over all landmarks of all cases, cropped. */
  readonly percentiles?: Readonly<Partial<Record<Method, Percentiles>>>;
  /** Error in mm of each single cropped landmark, by method and case, in the order of the landmark file's rows. */
  readonly landmarkErrors?: Readonly<Partial<Record<Method, Readonly<Record<string, readonly number[]>>>>>;
}

/** The content of `summary.json`: plain JSON, finite numbers only. */
export interface Summary {
  readonly vqae: {
    /** Dice of reconstructed against true masks on the fixed validation pairs, 0 to 1. */
    readonly dice: number;
    /** How many codes of the codebook the tokens of the training pairs use. */
    readonly codesUsed: number;
    /** How many codes there are. */
    readonly codes?: number;
  };
  readonly diffusion: {
    /** Variational bound on validation tokens, bits for each token. */
    readonly bitsPerToken: number;
  };
  readonly registration: RegistrationSummary;
  /** Seconds by name; the names of stages and anything else that was timed. */
  readonly timings: Readonly<Record<string, number>>;
  /** Mean seconds that each method took for a pair, in one thread. */
  readonly secondsPerPair?: Readonly<Partial<Record<Method, number>>>;
  readonly backend: string;
  /** Threads that computed; they change the time, not the result. */
  readonly workers: number;
  readonly seed: number;
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Mean error over all landmarks of all cases, and the mean of each case.
 *
 * @param perCase errors in mm, one for each landmark of a case
 * @returns the table of {@link Summary}; cases without landmarks are left out, and without any landmark the mean is 0
 */
export function landmarkWeightedMean(
  perCase: readonly { readonly id: string; readonly errors: Float32Array }[],
): CaseTable {
  const cases: Record<string, number> = {};
  let total = 0;
  let count = 0;
  for (const { id, errors } of perCase) {
    if (errors.length === 0) continue;
    const sum = errors.reduce((a, b) => a + b, 0);
    cases[id] = sum / errors.length;
    total += sum;
    count += errors.length;
  }
  return { mean: count === 0 ? 0 : total / count, cases };
}
