import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { makeFile, patch, type FileOptions } from '../test/makeFile';
import { NiftiError, readNifti, type ReadOptions } from './index';

/** The error that reading gives, which must be one line of ours. */
async function errorOf(bytes: Uint8Array, options: ReadOptions = {}): Promise<NiftiError> {
  const error = await readNifti(bytes, { name: 'scan.nii', ...options }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NiftiError);
  expect((error as NiftiError).message).toMatch(/^scan\.nii: .+: expected .+, got .+; .+$/);
  return error as NiftiError;
}

const one = makeFile();
const two = makeFile({ version: 2 });

describe('a damaged header names its field', () => {
  const cases: [string, Uint8Array, string][] = [
    ['nothing', new Uint8Array(0), 'length'],
    ['a cut header', one.slice(0, 351), 'length'],
    ['a cut NIfTI-2 header', two.slice(0, 540), 'length'],
    ['text', new TextEncoder().encode('hello '.repeat(100)), 'sizeof_hdr'],
    ['no magic (ANALYZE)', patch(one, (v) => v.setInt32(344, 0)), 'magic'],
    ['a .hdr of a pair', patch(one, (v) => v.setUint8(345, 'i'.charCodeAt(0))), 'magic'],
    ['dim[0] = 0', patch(one, (v) => v.setInt16(40, 0, true)), 'dim[0]'],
    ['dim[0] = 8', patch(one, (v) => v.setInt16(40, 8, true)), 'dim[0]'],
    ['dim[0] negative', patch(one, (v) => v.setInt16(40, -3, true)), 'dim[0]'],
    ['dim[2] = 0', patch(one, (v) => v.setInt16(44, 0, true)), 'dim[2]'],
    ['dim[3] negative', patch(one, (v) => v.setInt16(46, -4, true)), 'dim[3]'],
    ['a negative NIfTI-2 dim', patch(two, (v) => v.setBigInt64(24, -1n, true)), 'dim[1]'],
    ['a dim beyond 2^53', patch(two, (v) => v.setBigInt64(24, 2n ** 60n, true)), 'dim[1]'],
    [
      'dims whose product is huge',
      patch(two, (v) => [24, 32, 40].forEach((at) => v.setBigInt64(at, 2n ** 31n, true))),
      'dim',
    ],
    ['an unknown datatype', patch(one, (v) => v.setInt16(70, 3, true)), 'datatype'],
    ['a wrong bitpix', patch(one, (v) => v.setInt16(72, 16, true)), 'bitpix'],
    ['vox_offset inside the header', patch(one, (v) => v.setFloat32(108, 348, true)), 'vox_offset'],
    ['a fractional vox_offset', patch(one, (v) => v.setFloat32(108, 352.5, true)), 'vox_offset'],
    ['vox_offset not a number', patch(one, (v) => v.setFloat32(108, NaN, true)), 'vox_offset'],
    ['vox_offset infinite', patch(one, (v) => v.setFloat32(108, Infinity, true)), 'vox_offset'],
    ['vox_offset of NIfTI-2 below 544', patch(two, (v) => v.setBigInt64(168, 543n, true)), 'vox_offset'],
    ['vox_offset past the end', patch(one, (v) => v.setFloat32(108, 1e6, true)), 'length'],
    ['an infinite slope', makeFile({ slope: Infinity }), 'scl_slope'],
    ['an intercept that is not a number', makeFile({ slope: 2, intercept: NaN }), 'scl_inter'],
    ['a singular sform', makeFile({ sform: new Array<number>(12).fill(1) }), 'sform'],
    ['a zero sform', makeFile({ sform: new Array<number>(12).fill(0) }), 'sform'],
    ['a sform that is not a number', makeFile({ sform: [NaN, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0] }), 'sform'],
    [
      'a quaternion that is not a number',
      makeFile({ qform: { code: 1, b: NaN, c: 0, d: 0, offset: [0, 0, 0] } }),
      'qform',
    ],
    ['a voxel size of zero', makeFile({ pixdim: [1, 1, 0, 1] }), 'pixdim'],
  ];
  test.each(cases)('%s', async (_, bytes, field) => {
    expect((await errorOf(bytes)).field).toBe(field);
    if (bytes.length > 0) expect((await errorOf(new Uint8Array(gzipSync(bytes)))).field).toBe(field);
  });
});

describe('data that are not one number a voxel are named', () => {
  test.each([
    [128, 24, 'RGB24'],
    [2304, 32, 'RGBA32'],
    [32, 64, 'complex64'],
    [1792, 128, 'complex128'],
    [2048, 256, 'complex256'],
    [1536, 128, 'float128'],
    [1, 1, 'binary'],
  ])('datatype %d', async (code, bits, name) => {
    const bytes = patch(one, (v) => (v.setInt16(70, code, true), v.setInt16(72, bits, true)));
    const error = await errorOf(bytes);
    expect(error.field).toBe('datatype');
    expect(error.got).toContain(name);
  });

  test('a 64-bit integer that is no exact number', async () => {
    const bytes = patch(makeFile({ datatype: 'int64', dims: [1] }), (v) => v.setBigInt64(352, 2n ** 53n, true));
    expect((await errorOf(bytes)).field).toBe('data');
  });
});

describe('the length must be exact', () => {
  test.each([false, true])('one byte less or more, gzip %s', async (zip) => {
    const wrap = (bytes: Uint8Array) => (zip ? new Uint8Array(gzipSync(bytes)) : bytes);
    expect((await errorOf(wrap(one.slice(0, -1)))).field).toBe('length');
    expect((await errorOf(wrap(new Uint8Array([...one, 0])))).field).toBe('length');
  });

  test('a size above maxBytes is refused before anything is allocated', async () => {
    const claim: FileOptions = { dims: [32767, 32767, 2], values: [] };
    expect((await errorOf(makeFile(claim))).field).toBe('size');
    expect((await errorOf(makeFile({ ...claim, gzip: true }))).field).toBe('size');
    expect((await errorOf(makeFile({ slope: 2 }), { maxBytes: 95 })).field).toBe('size');
  });
});

describe('extensions', () => {
  test.each([
    ['-16, which makes nifti-reader-js loop for ever', -16],
    ['0', 0],
    ['8', 8],
    ['24, not a multiple of 16', 24],
    ['past the voxels', 32],
  ])('of size %s', async (_, size) => {
    for (const version of [1, 2] as const) {
      expect((await errorOf(makeFile({ version, extensions: [[size, 16]] }))).field).toBe('extension size');
    }
  });

  test('with a rest that is too short for one', async () => {
    expect(
      (
        await errorOf(
          makeFile({
            extensions: [
              [16, 16],
              [8, 8],
            ],
          }),
        )
      ).field,
    ).toBe('extension size');
  });

  test('a 16 KB file with size -16', async () => {
    expect((await errorOf(makeFile({ dims: [16, 16, 60], extensions: [[-16, 1024]] }))).field).toBe('extension size');
  });
});

test('changed bytes anywhere give a typed error or a valid volume, in bounded time', async () => {
  const bases = [
    makeFile({ datatype: 'int16', sform: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0] }),
    makeFile({ version: 2, littleEndian: false, datatype: 'float32', extensions: [[32, 32]] }),
    makeFile({ qform: { code: 1, b: 0.5, c: 0.5, d: 0.5, offset: [1, 2, 3] }, gzip: true }),
    makeFile({ version: 2, datatype: 'float64', slope: 2, intercept: 1, gzip: true }),
  ];
  const edit = fc.record({
    at: fc.nat({ max: 1000 }),
    value: fc.oneof(fc.constantFrom(0, 1, 127, 128, 255), fc.nat({ max: 255 })),
  });
  const mutation = fc.record({
    base: fc.constantFrom(...bases),
    edits: fc.array(edit, { minLength: 1, maxLength: 6 }),
    cut: fc.option(fc.nat({ max: 1000 }), { freq: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(mutation, async ({ base, edits, cut }) => {
      const bytes = base.slice(0, cut ?? base.length);
      for (const { at, value } of edits) if (bytes.length > 0) bytes[at % bytes.length] = value;
      try {
        const { data, shape, affine, spacing } = await readNifti(bytes, { maxBytes: 2 ** 24 });
        expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
        expect([...affine.flat(), ...spacing].every(Number.isFinite)).toBe(true);
        expect(spacing.every((size) => size > 0)).toBe(true);
      } catch (error) {
        if (!(error instanceof NiftiError)) throw error;
        expect(error.message).not.toContain('\n');
      }
    }),
    { numRuns: Number(process.env.PAIRED3D_MUTATIONS ?? 500) },
  );
});
