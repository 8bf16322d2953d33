import type { DataType } from '@tensorflow/tfjs';
import { create } from 'webgpu';
import { describe, expect, it } from 'vitest';
import type { Call } from './call';
import type { GpuAdapterInfo } from './gpu';
import { product } from './product';
import { matrixTile } from './product.tiles';
import { source, type Program } from './program';
import { fittingMatrix, matrixText, type SubgroupMatrix } from './subgroupMatrix';

const config = (M: number, N: number, K: number, componentType: string, resultComponentType: string) => ({
  ...{ M, N, K },
  componentType,
  resultComponentType,
});

const adapter = (subgroupMaxSize: number, ...subgroupMatrixConfigs: ReturnType<typeof config>[]) =>
  ({ subgroupMaxSize, subgroupMatrixConfigs }) as unknown as GpuAdapterInfo;

/** As cards list them. */
const nvidia = adapter(
  32,
  config(16, 16, 16, 'f16', 'f16'),
  config(16, 8, 16, 'f16', 'f32'),
  config(16, 16, 16, 'f16', 'f32'),
  config(16, 16, 32, 'u8', 'u32'),
);
const apple = adapter(32, config(8, 8, 8, 'f32', 'f32'), config(8, 8, 8, 'f16', 'f16'));
const intel = adapter(32, config(8, 16, 16, 'f16', 'f32'));

describe('subgroup matrices', () => {
  it('are the largest with sums in single precision', () => {
    expect(fittingMatrix(nvidia)).toEqual({ m: 16, n: 16, k: 16, type: 'f16', threads: 32 });
    expect(fittingMatrix(apple)).toEqual({ m: 8, n: 8, k: 8, type: 'f32', threads: 32 });
    expect(matrixText(fittingMatrix(apple)!)).toBe('8x8x8, float32 to float32');
    expect(fittingMatrix(adapter(32, config(16, 16, 16, 'f16', 'f16')))).toBeUndefined();
    expect(fittingMatrix(adapter(32, config(4, 16, 16, 'f16', 'f32')))).toBeUndefined();
    expect(fittingMatrix(adapter(4, config(8, 8, 8, 'f16', 'f32')))).toBeUndefined();
    expect(fittingMatrix(adapter(32))).toBeUndefined();
    expect(fittingMatrix({} as GpuAdapterInfo)).toBeUndefined();
  });

  // Dawn's backend without a driver has every feature: it checks shaders, and computes nothing.
  it.each([nvidia, apple, intel])('have shaders that Dawn accepts', async (info) => {
    const gpu = create(['backend=null', 'enable-dawn-features=allow_unsafe_apis']);
    const requiredFeatures = ['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix'] as GPUFeatureName[];
    const device = await (await gpu.requestAdapter())!.requestDevice({ requiredFeatures });
    for (const program of programsOf(fittingMatrix(info)!)) {
      const { messages } = await device.createShaderModule({ code: source(program) }).getCompilationInfo();
      expect(messages.map(({ message, lineNum }) => `${lineNum}: ${message}`)).toEqual([]);
    }
    device.destroy();
  });
});

/** What a product in matrices runs, in all its ways. */
function programsOf(matrix: SubgroupMatrix): Program[] {
  const programs: Program[] = [];
  const tensor = (shape: readonly number[], dtype: DataType = 'float32') => ({ dataId: {}, shape: [...shape], dtype });
  const call = {
    arithmetic: { precision: 'mixed', matrix },
    scratch: tensor,
    lasting: (_: string, shape: readonly number[], dtype: DataType) => tensor(shape, dtype),
    run: (p: Program) => programs.push(p),
  };
  for (const tile of [matrixTile(matrix, 2, 4), matrixTile(matrix, 1, 1)]) {
    for (const [leftAlong, rightAlong] of [
      ['row', 'column'],
      ['step', 'step'],
    ] as const) {
      const spec = {
        ...{ name: 'product', rows: 300, columns: 100, depth: 50, tile, leftAlong, rightAlong },
        reads: { a: tensor([300, 50]), b: tensor([50, 100]) },
        factors: ['a', 'b'] as const,
        code: `fn rowOf(row: i32) -> vec4i { return vec4i(row, 0, 0, 0); }
fn stepOf(k: i32) -> vec4i { return vec4i(k, 0, 0, 0); }
fn left(batch: i32, row: vec4i, step: vec4i) -> f32 { return a[row.x * u.depth + step.x]; }
fn right(batch: i32, k: i32, column: i32) -> f32 { return b[k * u.columns + column]; }`,
      };
      product(call as unknown as Call, spec, tensor([300, 100]));
    }
  }
  return programs.filter(({ name }) => name === 'product');
}
