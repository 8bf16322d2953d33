import type { AssessedPair } from './assessStage';
import type { PairFigures } from './pairFigures';

/** A figure of the synthetic pairs beside that of the real ones, and whether it is within its bounds. */
export interface Criterion {
  readonly name: CriterionName;
  /** What it is called, and in which unit. */
  readonly title: string;
  readonly unit: string;
  /** Decimals to show. */
  readonly digits: number;
  /** Absent where there are too few pairs to have it. */
  readonly real?: number;
  readonly synthetic?: number;
  /** Standard deviations over pairs, where the figure is a mean over them. */
  readonly realDeviation?: number;
  readonly syntheticDeviation?: number;
  readonly least?: number;
  readonly most?: number;
  /** The bounds in words. */
  readonly rule: string;
  readonly passed: boolean;
}

export type CriterionName = keyof PairFigures | 'displacementDeviation' | 'spread' | 'copies' | 'blank';

/** The bounds, in one place. */
export const BOUNDS = {
  /** Means of the looks of vessels and pairs: within so many standard deviations of the real pairs … */
  deviations: 1.5,
  /** … or within this part of their mean, if that is more: a few pairs may be alike by chance. */
  part: 0.1,
  /** Correlation after the optimisation: at least. */
  nccAfter: 0.85,
  /** Displacement, its standard deviation and the spread: within this part of the real ones. */
  motion: 0.2,
  /** A pair is a copy from this part of the way on that leads from other patients to copies. */
  copy: 1 / 3,
} as const;

interface Described {
  readonly title: string;
  readonly unit: string;
  readonly digits: number;
}

/** Titles, units and decimals of the figures of a pair. */
export const PAIR_FIGURES: Readonly<Record<keyof PairFigures, Described>> = {
  volumeFraction: { title: 'volume fraction', unit: '%', digits: 2 },
  components: { title: 'connected components', unit: '', digits: 1 },
  thickness: { title: 'vessel thickness', unit: 'mm', digits: 2 },
  branching: { title: 'branch points', unit: '/ cm', digits: 3 },
  dice: { title: 'Dice fixed/moving', unit: '', digits: 3 },
  ncc: { title: 'NCC fixed/moving', unit: '', digits: 3 },
  nccAfter: { title: 'NCC after optimisation', unit: '', digits: 3 },
  displacement: { title: 'displacement', unit: 'mm', digits: 2 },
};

/** A figure of a pair in the unit it is shown in. */
export const shownFigure = (figures: PairFigures, name: keyof PairFigures): number =>
  name === 'volumeFraction' ? 100 * figures.volumeFraction : figures[name];

/** Mean, and standard deviation (n - 1) where there are two values or more. */
export function meanAndDeviation(values: readonly number[]): { mean?: number; deviation?: number } {
  if (values.length === 0) return {};
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  if (values.length === 1) return { mean };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

/** The overlap with a training scan from which on a pair is a copy of it; undefined for fewer than two real pairs. */
export function copyBound(real: readonly AssessedPair[]): number | undefined {
  const others = meanAndDeviation(real.flatMap(({ nearest }) => nearest?.overlap ?? [])).mean;
  const copies = meanAndDeviation(real.flatMap(({ copy }) => copy ?? [])).mean;
  if (others === undefined || copies === undefined) return undefined;
  return others + BOUNDS.copy * (copies - others);
}

/** Judges synthetic pairs by real ones. `spread` is that of all pairs of a kind. */
export function judgePairs(
  real: { readonly pairs: readonly AssessedPair[]; readonly spread?: number },
  synthetic: { readonly pairs: readonly AssessedPair[]; readonly spread?: number },
): Criterion[] {
  const means = (Object.keys(PAIR_FIGURES) as (keyof PairFigures)[]).map((name) => {
    const values = ({ pairs }: typeof real) =>
      pairs.flatMap(({ figures }) => (figures ? shownFigure(figures, name) : []));
    return judgeMean(name, values(real), values(synthetic));
  });
  const displacement = means.find(({ name }) => name === 'displacement')!;
  const looks = means.filter((one) => one !== displacement);
  const deviation = { title: 's.d. of the displacement', unit: 'mm', digits: 2 };
  const spread = { title: 'spread of the pairs', unit: '', digits: 3 };
  return [
    ...looks,
    displacement,
    within('displacementDeviation', deviation, displacement.realDeviation, displacement.syntheticDeviation),
    within('spread', spread, real.spread, synthetic.spread),
    copies(real.pairs, synthetic.pairs),
    none('blank', 'pairs with a blank scan', synthetic.pairs.filter(({ figures }) => !figures).length),
  ];
}

function judgeMean(name: keyof PairFigures, real: readonly number[], synthetic: readonly number[]): Criterion {
  const [a, b] = [meanAndDeviation(real), meanAndDeviation(synthetic)];
  const deviations = { realDeviation: a.deviation, syntheticDeviation: b.deviation };
  if (name === 'displacement') return { ...within(name, PAIR_FIGURES[name], a.mean, b.mean), ...deviations };
  const { mean = NaN, deviation = 0 } = a;
  const room = Math.max(BOUNDS.deviations * deviation, BOUNDS.part * Math.abs(mean));
  const bounds =
    name === 'nccAfter'
      ? {
          least: Math.min(BOUNDS.nccAfter, mean - deviation),
          rule: `${BOUNDS.nccAfter}, or real - s.d. if less`,
        }
      : {
          least: mean - room,
          most: mean + room,
          rule: `real ± ${BOUNDS.deviations} s.d., or ± ${100 * BOUNDS.part} % if more`,
        };
  return criterion(name, PAIR_FIGURES[name], { real: a.mean, synthetic: b.mean, ...deviations, ...bounds });
}

/** Within a part of the real figure. */
function within(name: CriterionName, described: Described, real?: number, synthetic?: number): Criterion {
  const room = BOUNDS.motion * (real ?? NaN);
  const bounds = { least: (real ?? NaN) - room, most: (real ?? NaN) + room };
  const rule = `real ± ${100 * BOUNDS.motion} %`;
  return criterion(name, described, { real, synthetic, ...bounds, rule });
}

function copies(real: readonly AssessedPair[], synthetic: readonly AssessedPair[]): Criterion {
  const bound = copyBound(real) ?? NaN;
  const found = synthetic.filter(({ nearest }) => nearest && nearest.overlap >= bound).length;
  const rule = `overlap below ${bound.toFixed(2)}`;
  return { ...none('copies', 'copies of training scans', found), rule, passed: found === 0 && bound > 0 };
}

const none = (name: CriterionName, title: string, found: number): Criterion =>
  criterion(name, { title, unit: '', digits: 0 }, { real: 0, synthetic: found, most: 0, rule: 'none' });

function criterion(
  name: CriterionName,
  described: Described,
  rest: Omit<Criterion, 'name' | keyof Described | 'passed'>,
): Criterion {
  const { synthetic = NaN, least = -Infinity, most = Infinity } = rest;
  return { name, ...described, ...rest, passed: synthetic >= least && synthetic <= most };
}
