import type { Method, Summary } from './summary';

/** Voxels along the file axes i, j, k. */
export type ReportSize = readonly [number, number, number];

/** A pair of volumes with values in [0, 1], length `product(size)`, row-major i, j, k; `[1, H, W]` is a 2D picture. */
export interface ReportPair {
  readonly id: string;
  readonly size: ReportSize;
  readonly fixed: Float32Array;
  readonly moving: Float32Array;
}

/** A held-out pair before and after registration; the volumes are as in {@link ReportPair}. */
export interface ReportRegistration {
  readonly id: string;
  readonly size: ReportSize;
  readonly fixed: Float32Array;
  readonly movingBefore: Float32Array;
  readonly movingAfter: Float32Array;
  /** What registered it, in words, e.g. `network with test-time adaptation`. */
  readonly label: string;
  /** The method of the summary it stands for; with it the caption gives the case's errors. */
  readonly method?: Method;
}

/** One quantity over the steps of a stage. Values that are not finite are not drawn. */
export interface ReportSeries {
  readonly name: string;
  readonly steps: readonly number[];
  readonly values: readonly number[];
  /** Series of the same panel share a chart; without it, the stage's first chart. */
  readonly panel?: string;
}

/** What a training stage measured as it went. */
export interface ReportCurves {
  readonly stage: string;
  readonly series: readonly ReportSeries[];
}

/** A stage of the chain. */
export interface ReportStage {
  readonly name: string;
  readonly seconds: number;
  /** True when an earlier run had finished it, or when its result was given. */
  readonly skipped: boolean;
  /** The step it went on from, when an earlier run had been interrupted. */
  readonly resumedAt?: number;
  readonly peakMemoryBytes?: number;
}

/** Everything the report shows, as plain data. Empty lists and absent fields leave their section out. */
export interface ReportData {
  readonly title: string;
  /** The command that makes this report again. */
  readonly command: string;
  readonly preset: string;
  readonly seed: number;
  readonly backend: string;
  /** Threads that computed. */
  readonly workers: number;
  /** The machine in words, e.g. processor and cores. */
  readonly device?: string;
  /** When the run ended, as text to show. */
  readonly date?: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Any JSON value: the resolved configuration. */
  readonly config: unknown;
  /** How many pairs there were; `synthetic` is what the network was trained on. */
  readonly pairs: { readonly train: number; readonly test: number; readonly synthetic: number };
  readonly stages: readonly ReportStage[];
  readonly realPairs: readonly ReportPair[];
  readonly syntheticPairs: readonly ReportPair[];
  readonly registrations: readonly ReportRegistration[];
  readonly curves: readonly ReportCurves[];
  readonly summary: Summary;
}
