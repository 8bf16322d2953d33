import type { SampleOrder } from '@paired3d/absorbing-diffusion';
import type { RegisterMethod } from '@paired3d/pipeline';
import type { Failure } from './failure';

/** Everything that page and worker say to each other. The worker holds models and tensors; the page holds what is seen. */

export type BackendName = 'webgpu' | 'wasm';
/** `auto`: WebGPU where there is a graphics processor, else WASM. */
export type BackendChoice = 'auto' | BackendName;

/** A picture of four bytes a pixel (red, green, blue, alpha), row-major from the top left corner. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

export interface StartInput {
  readonly backend: BackendChoice;
  /** Address of the folder with the trained models. */
  readonly models: string;
}

/** What runs, for the status line and the diagnostics. */
export interface EngineInfo {
  readonly backend: BackendName;
  /** In words: the instructions in use, or the graphics adapter. */
  readonly details: string;
  /** Why it is not the backend that one would expect; empty when there is nothing to say. */
  readonly notes: readonly string[];
  /** Tokens: [images, d, h, w]. */
  readonly grid: readonly [number, number, number, number];
  /** Colour of each code, [codes, 4], as the pair that it decodes to looks on paper. */
  readonly palette: Uint8ClampedArray;
  /** Of a generated pair: voxels, and mm a voxel. */
  readonly size: readonly [number, number, number];
  readonly spacing: readonly [number, number, number];
  /** Seconds that backend and models took. */
  readonly seconds: { readonly backend: number; readonly models: number };
  readonly weights: number;
}

export interface GenerateInput {
  readonly seed: number;
  readonly steps: number;
  readonly temperature: number;
  readonly order: SampleOrder;
}

export interface GenerateProgress {
  readonly done: number;
  readonly total: number;
  /** [T], masked = number of codes. */
  readonly tokens: Int32Array;
  /** The pair as far as it is known, every few steps. */
  readonly picture?: Picture;
}

/** Two scans for the viewer (NIfTI), and the same to download. */
export interface Generated {
  readonly tokens: Int32Array;
  /** SHA-256 of the tokens as little-endian 32-bit integers: equal on every machine with the same backend. */
  readonly hash: string;
  readonly input: GenerateInput;
  readonly coronal: Picture;
  readonly sagittal: Picture;
  readonly fixed: File;
  readonly moving: File;
  readonly seconds: number;
}

/** How finely a pair is optimised; `coarse` needs the least memory. */
export const qualities = ['coarse', 'fast', 'accurate'] as const;
export type Quality = (typeof qualities)[number];

export type PairInput =
  | { readonly kind: 'generated' }
  | { readonly kind: 'example'; readonly number: number }
  | { readonly kind: 'files'; readonly fixed: File; readonly moving: File };

export interface RegisterInput {
  readonly pair: PairInput;
  readonly method: RegisterMethod;
  readonly quality: Quality;
  /** Of test-time adaptation. */
  readonly iterations: number;
}

export interface RegisterProgress {
  /** 0 of `total` while the scans are prepared. */
  readonly done: number;
  readonly total: number;
  /** The pair as it is given, once it is read. */
  readonly before?: Picture;
  /** Curve of the loss so far, SVG. */
  readonly chart?: string;
}

export interface Registration {
  readonly title: string;
  readonly method: RegisterMethod;
  readonly dice: { readonly before: number; readonly after: number };
  /** Mean error at landmarks, mm, of pairs that have them. */
  readonly landmarks?: { readonly before: number; readonly after: number };
  /** Percentage of voxels. */
  readonly folding: number;
  /** mm, mean */
  readonly inverseConsistency: number;
  readonly seconds: number;
  readonly pictures: { readonly before: Picture; readonly after: Picture; readonly jacobian: Picture };
  /** A regular grid after the deformation, SVG. */
  readonly grid: string;
  /** For the viewer, on the working grid. */
  readonly view: { readonly fixed: File; readonly moving: File; readonly warped: File };
  /** To download: the moving scan on the grid of the fixed one, and the field in mm as ITK reads it. */
  readonly files: { readonly warped: File; readonly field: File };
}

/** What the worker measures of itself. */
export interface Diagnosis {
  readonly tensors: number;
  readonly bytes: number;
  /** Largest difference of the denoiser's logits from those that Node computes on WASM; NaN would be no number. */
  readonly logits: number;
  readonly seconds: number;
}

/** Each request: what goes in, what is told meanwhile, what comes out. */
export interface Requests {
  start: { input: StartInput; progress: { done: number; total: number }; output: EngineInfo };
  generate: { input: GenerateInput; progress: GenerateProgress; output: Generated };
  register: { input: RegisterInput; progress: RegisterProgress; output: Registration };
  diagnose: { input: Record<string, never>; progress: never; output: Diagnosis };
}
export type RequestName = keyof Requests;
export type Input<N extends RequestName> = Requests[N]['input'];
export type Progress<N extends RequestName> = Requests[N]['progress'];
export type Output<N extends RequestName> = Requests[N]['output'];

export type ToWorker =
  | { readonly type: 'request'; readonly id: number; readonly name: RequestName; readonly input: unknown }
  | { readonly type: 'cancel'; readonly id: number };

export type FromWorker =
  | { readonly type: 'progress'; readonly id: number; readonly progress: unknown }
  | { readonly type: 'result'; readonly id: number; readonly output: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly failure: Failure }
  /** The worker cannot go on, whatever it was doing. */
  | { readonly type: 'lost'; readonly failure: Failure };
