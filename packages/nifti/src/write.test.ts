import fc from 'fast-check';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { INTENT_VECTOR, NiftiError, readNifti, writeNifti, type TypedArray, type WritableVolume } from './index';

const ARRAYS = [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array];
const AFFINE = [
  [-0.5, 0, 0, 100],
  [0, 0, -2, -20],
  [0, 0.75, 0, 3.5],
  [0, 0, 0, 1],
];

describe('what is written is read again', () => {
  for (const array of ARRAYS) {
    test.each([false, true])(`${array.name}, gzip %s`, async (gzip) => {
      const data: TypedArray = new array(24);
      for (let i = 0; i < 24; i++) data[i] = i * 7.5 - 30;
      const bytes = writeNifti({ data, shape: [2, 3, 4], affine: AFFINE, description: 'round trip' }, { gzip });
      expect([bytes[0], bytes[1]]).toEqual(gzip ? [0x1f, 0x8b] : [348 & 255, 348 >> 8]);
      const volume = await readNifti(bytes);
      expect(volume).toEqual({
        data,
        shape: [2, 3, 4],
        affine: AFFINE,
        spacing: [0.5, 0.75, 2],
        description: 'round trip',
      });
    });
  }

  test('a displacement field, as 5D with intent 1007', async () => {
    const data = Float32Array.from({ length: 2 * 3 * 4 * 3 }, (_, i) => i / 8);
    const field = { data, shape: [2, 3, 4, 1, 3], spacing: [1, 2, 3] as const, intent: INTENT_VECTOR };
    const bytes = writeNifti(field);
    const view = new DataView(bytes.buffer);
    expect(Array.from({ length: 6 }, (_, i) => view.getInt16(40 + 2 * i, true))).toEqual([5, 2, 3, 4, 1, 3]);
    // On disk each component is a volume of its own: the second component of voxel (1, 0, 0).
    expect(view.getFloat32(352 + 4 * (1 + 24), true)).toBe(data[12 * 3 + 1]);
    expect(await readNifti(bytes)).toMatchObject(field);
  });

  test('any shape of one to seven axes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 7 }), async (shape) => {
        const data = Uint16Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i);
        const volume = await readNifti(writeNifti({ data, shape }));
        expect(volume.data).toEqual(data);
        expect(volume.shape.join().startsWith(shape.join().replace(/(,1)+$/, ''))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});

test('equal volumes give equal files, gzipped ones too', () => {
  const volume = { data: new Uint8Array(8), shape: [2, 2, 2] };
  expect(writeNifti(volume, { gzip: true })).toEqual(writeNifti(volume, { gzip: true }));
  expect(new Uint8Array(gunzipSync(writeNifti(volume, { gzip: true })))).toEqual(writeNifti(volume));
});

test('a Buffer of Node is written, and stays as it is', async () => {
  const data = Buffer.from([1, 2, 3, 4, 5, 6]);
  expect([...(await readNifti(writeNifti({ data, shape: [1, 2, 3] }))).data]).toEqual([1, 2, 3, 4, 5, 6]);
  expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
});

test('a view into a larger buffer is written alone', async () => {
  const data = new Float32Array(10).fill(9).subarray(2, 5);
  expect((await readNifti(writeNifti({ data, shape: [3, 1, 1] }))).data).toEqual(Float32Array.of(9, 9, 9));
});

describe('a volume that NIfTI-1 cannot hold is refused', () => {
  const good = { data: new Uint8Array(8), shape: [2, 2, 2] };
  const bad: [string, WritableVolume, string][] = [
    ['too few values', { ...good, shape: [2, 2, 3] }, 'data'],
    ['not an array', { ...good, data: [1, 2] as unknown as Uint8Array }, 'data'],
    ['64-bit integers', { ...good, data: new BigInt64Array(8) as unknown as Uint8Array }, 'data'],
    ['no axes', { ...good, shape: [] }, 'shape'],
    ['an empty axis', { data: new Uint8Array(0), shape: [2, 0, 2] }, 'shape'],
    ['a long axis', { data: new Uint8Array(40000), shape: [40000] }, 'shape'],
    ['a field without its time axis', { ...good, intent: INTENT_VECTOR }, 'shape'],
    ['an odd intent', { ...good, intent: -1 }, 'intent'],
    ['a long description', { ...good, description: 'é'.repeat(40) }, 'description'],
    [
      'a singular affine',
      {
        ...good,
        affine: [
          [1, 1, 0, 0],
          [1, 1, 0, 0],
          [0, 0, 1, 0],
          [0, 0, 0, 1],
        ],
      },
      'affine',
    ],
    ['an affine of three rows', { ...good, affine: AFFINE.slice(0, 3) }, 'affine'],
    ['an affine beyond float32', { ...good, affine: [[1e39, 0, 0, 0], ...AFFINE.slice(1)] }, 'affine'],
    ['a spacing of zero', { ...good, spacing: [1, 0, 1] }, 'spacing'],
    ["a spacing that is not the affine's", { ...good, affine: AFFINE, spacing: [1, 1, 1] }, 'spacing'],
  ];
  test.each(bad)('%s', (_, volume, field) => {
    const write = () => writeNifti(volume, { name: 'out.nii' });
    expect(write).toThrow(NiftiError);
    expect(write).toThrow(new RegExp(`^out\\.nii: ${field}: expected .+, got .+; .+$`));
  });
});
