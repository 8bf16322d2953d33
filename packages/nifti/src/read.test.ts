import { describe, expect, test } from 'vitest';
import { DATATYPES, makeFile, patch, type FileOptions } from '../test/makeFile';
import { readNifti } from './index';

const NAMES = Object.keys(DATATYPES) as (keyof typeof DATATYPES)[];
const EXPECTED_ARRAYS = {
  uint8: Uint8Array,
  int8: Int8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
  int64: Float64Array,
  uint64: Float64Array,
};

describe.each(NAMES)('%s', (datatype) => {
  const { low, high } = DATATYPES[datatype];
  for (const version of [1, 2] as const) {
    for (const littleEndian of [true, false]) {
      for (const gzip of [false, true]) {
        test(`NIfTI-${version}, ${littleEndian ? 'little' : 'big'}-endian${gzip ? ', gzipped' : ''}`, async () => {
          const values = [low, high, 1, 2, 3, 4];
          const bytes = makeFile({ version, littleEndian, gzip, datatype, dims: [3, 1, 2], values });
          const { data, shape } = await readNifti(bytes);
          expect(data).toBeInstanceOf(EXPECTED_ARRAYS[datatype]);
          expect(shape).toEqual([3, 1, 2]);
          expect([...data]).toEqual([low, 2, high, 3, 1, 4]);
        });
      }
    }
  }
});

describe('the voxels', () => {
  test('are row-major: k is fastest', async () => {
    const { data, shape } = await readNifti(makeFile({ dims: [2, 3, 4] }));
    expect(shape).toEqual([2, 3, 4]);
    for (const [i, j, k] of [
      [0, 0, 0],
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [1, 2, 3],
    ]) {
      expect(data[(i * 3 + j) * 4 + k]).toBe(i + 2 * (j + 3 * k));
    }
  });

  test('have three axes at least, without the trailing ones of length 1', async () => {
    const shapeOf = async (dims: number[]) => (await readNifti(makeFile({ dims }))).shape;
    expect(await shapeOf([5])).toEqual([5, 1, 1]);
    expect(await shapeOf([5, 2])).toEqual([5, 2, 1]);
    expect(await shapeOf([2, 3, 4, 1])).toEqual([2, 3, 4]);
    expect(await shapeOf([2, 3, 1, 1, 3])).toEqual([2, 3, 1, 1, 3]);
    expect(await shapeOf([1, 1, 1, 1, 1, 1, 2])).toEqual([1, 1, 1, 1, 1, 1, 2]);
  });

  test('are scaled when the header says so, in float32, or float64 from float64', async () => {
    const small = await readNifti(makeFile({ datatype: 'int16', dims: [3], slope: 0.5, intercept: -10 }));
    expect(small.data).toEqual(Float32Array.of(-10, -9.5, -9));
    const wide = await readNifti(makeFile({ datatype: 'float64', version: 2, dims: [2], slope: 1, intercept: 0.1 }));
    expect(wide.data).toEqual(Float64Array.of(0.1, 1.1));
  });

  test.each([
    [0, 5],
    [Number.NaN, 5],
    [1, 0],
  ])('are not scaled by slope %d and intercept %d', async (slope, intercept) => {
    const { data } = await readNifti(makeFile({ dims: [3], slope, intercept }));
    expect(data).toEqual(Uint8Array.of(0, 1, 2));
  });

  test('are found behind extensions, at an odd offset, in an ArrayBuffer or in the middle of one', async () => {
    const bytes = makeFile({
      datatype: 'int16',
      dims: [3],
      extensions: [
        [16, 16],
        [48, 48],
      ],
    });
    expect([...(await readNifti(bytes.buffer as ArrayBuffer)).data]).toEqual([0, 1, 2]);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect([...(await readNifti(shifted.subarray(1))).data]).toEqual([0, 1, 2]);
  });

  test('are read from a Buffer of Node, which stays as it is', async () => {
    for (const littleEndian of [true, false]) {
      const bytes = makeFile({ datatype: 'int16', dims: [3], littleEndian });
      const pool = Buffer.concat([Buffer.from([7]), bytes]);
      expect([...(await readNifti(pool.subarray(1))).data]).toEqual([0, 1, 2]);
      expect(Buffer.compare(pool.subarray(1), bytes)).toBe(0);
    }
  });

  test('come at 256 x 208 x 256', async () => {
    const whole = new Uint8Array(352 + 256 * 208 * 256);
    whole.set(makeFile({ dims: [256, 208, 256], values: [] }));
    // Voxel (1, 2, 3): i is fastest in the file, k in memory.
    whole[352 + 1 + 256 * (2 + 208 * 3)] = 9;
    const { data, shape } = await readNifti(whole);
    expect(shape).toEqual([256, 208, 256]);
    expect(data.indexOf(9)).toBe((1 * 208 + 2) * 256 + 3);
  });
});

describe('the affine', () => {
  const sform = [0, -2, 0, 10, 3, 0, 0, 20, 0, 0, 4, 30];
  const asRows = (flat: number[]) => [flat.slice(0, 4), flat.slice(4, 8), flat.slice(8, 12), [0, 0, 0, 1]];
  const qform = { code: 1, b: 0, c: 0, d: Math.SQRT1_2, offset: [5, 6, 7] as const };
  const read = (options: FileOptions) => readNifti(makeFile(options));

  test.each([1, 2] as const)(
    'is the sform when its code is set, even below the code of a qform (NIfTI-%d)',
    async (version) => {
      const { affine, spacing } = await read({ version, sform, qform: { ...qform, code: 2 } });
      expect(affine).toEqual(asRows(sform));
      expect(spacing).toEqual([3, 2, 4]);
    },
  );

  test.each([1, 2] as const)('is else the qform, with the handedness in pixdim[0] (NIfTI-%d)', async (version) => {
    const { affine, spacing } = await read({ version, sform, sformCode: 0, qform, pixdim: [-1, 2, 3, 4] });
    const expected = [0, -3, 0, 5, 2, 0, 0, 6, 0, 0, -4, 7];
    affine
      .slice(0, 3)
      .flat()
      .forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5));
    expect(spacing).toEqual([2, 3, 4]);
  });

  test.each([1, 2] as const)('is finite for a quaternion of norm above 1 (NIfTI-%d)', async (version) => {
    const { affine } = await read({ version, qform: { ...qform, b: 1, c: 0, d: 1e-4 }, pixdim: [1, 2, 3, 4] });
    expect(affine[0][0]).toBeCloseTo(2, 3);
    expect(affine[1][1]).toBeCloseTo(-3, 3);
    expect(affine[2][2]).toBeCloseTo(-4, 3);
  });

  test('is else the voxel sizes', async () => {
    const { affine, spacing } = await read({ pixdim: [1, 2, 3, 4] });
    expect(affine).toEqual(asRows([2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 4, 0]));
    expect(spacing).toEqual([2, 3, 4]);
  });

  test('gives a slice of unknown thickness one millimetre', async () => {
    expect((await read({ dims: [2, 2], pixdim: [1, 2, 3, 0] })).spacing).toEqual([2, 3, 1]);
  });

  test('is in millimetres whatever the unit of the header', async () => {
    expect((await read({ units: 3, pixdim: [1, 500, 250, 1000] })).spacing).toEqual([0.5, 0.25, 1]);
    expect(
      (await read({ units: 1, version: 2, sform: [0.002, 0, 0, 1, 0, 0.001, 0, 0, 0, 0, 0.001, 0] })).affine[0],
    ).toEqual([2, 0, 0, 1000]);
  });
});

test.each([1, 2] as const)('intent and description are kept (NIfTI-%d)', async (version) => {
  const volume = await readNifti(makeFile({ version, intent: 1007, description: 'respiration, ½' }));
  expect(volume.intent).toBe(1007);
  expect(volume.description).toBe('respiration, ½');
  const bare = await readNifti(patch(makeFile({ version }), () => {}));
  expect(bare).not.toHaveProperty('intent');
  expect(bare).not.toHaveProperty('description');
});
