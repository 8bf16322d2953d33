import type { GpuAdapterInfo } from './gpu';

/** Of products in subgroup matrices: how many subgroups a workgroup has, and steps of the sum that lie in its memory. */
export const SUBGROUPS = 4;
export const MATRIX_DEPTH = 32;

/** What the threads of a subgroup multiply together (Dawn's feature `chromium-experimental-subgroup-matrix`): m x k by k x n. */
export interface SubgroupMatrix {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Of the factors; they are added in float32. */
  readonly type: 'f16' | 'f32';
  /** Threads of the largest subgroup, of which a workgroup must have whole ones. */
  readonly threads: number;
}

/** The largest that an adapter lists and our tiles can use; of half precision where there is one, else of single. */
export function fittingMatrix({
  subgroupMatrixConfigs = [],
  subgroupMaxSize = 0,
}: GpuAdapterInfo): SubgroupMatrix | undefined {
  if (SUBGROUPS * subgroupMaxSize < MATRIX_DEPTH) return undefined;
  const fitting = [...subgroupMatrixConfigs].flatMap(({ M: m, N: n, K: k, componentType, resultComponentType }) => {
    const usable = resultComponentType === 'f32' && (componentType === 'f16' || componentType === 'f32');
    // Eight values of half precision are the 16 bytes that loads are aligned to.
    if (!usable || m % 8 !== 0 || n % 8 !== 0 || k % 8 !== 0 || MATRIX_DEPTH % k !== 0) return [];
    return [{ m, n, k, type: componentType, threads: subgroupMaxSize } as const];
  });
  const worth = ({ m, n, k, type }: SubgroupMatrix) => (type === 'f16' ? 1e6 : 0) + m * n * k;
  return fitting.sort((a, b) => worth(b) - worth(a))[0];
}

/** In words, for people. */
export const matrixText = ({ m, n, k, type }: SubgroupMatrix): string =>
  `${m}x${n}x${k}, ${type === 'f16' ? 'float16' : 'float32'} to float32`;
