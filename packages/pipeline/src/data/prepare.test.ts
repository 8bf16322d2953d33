import { expect, test } from 'vitest';
import { folderConfigSchema } from './config';
import type { FolderConfigInput } from './config';
import { lung250m } from './datasets';
import { croppedLandmarks, exactLandmarks, geometryOf, prepareScan } from './prepare';
import type { ScanVolume } from './prepare';

const config = (input: FolderConfigInput) => folderConfigSchema.parse(input);

function scan(shape: [number, number, number], voxel: [number, number, number], spacing = [1, 1, 1]): ScanVolume {
  const data = new Uint8Array(shape[0] * shape[1] * shape[2]);
  data[(voxel[0] * shape[1] + voxel[1]) * shape[2] + voxel[2]] = 2;
  return { data, shape, spacing };
}

test("the paper's frame: a voxel lands where its exact landmark says, spacing is ignored", () => {
  const settings = config(lung250m);
  const volume = scan([339, 237, 306], [100, 90, 120], [0.9, 1.2, 2]);
  const geometry = geometryOf(volume, settings, '002', 'a.nii');
  expect(geometry).toMatchObject({ size: [64, 52, 64], extent: [256, 208, 256], offsets: [-42, -23, -25] });
  const out = prepareScan(volume, geometry, settings, 'a.nii');
  const [i, j, k] = [100 - 42, 90 - 23, 120 - 25];
  expect(out[(Math.floor(i / 4) * 52 + Math.floor(j / 4)) * 64 + Math.floor(k / 4)]).toBeCloseTo(1 / 64, 6);
  const table = { fixed: Float64Array.of(100, 90, 120), moving: Float64Array.of(100, 90, 120), count: 1 };
  const exact = exactLandmarks(table, geometry);
  [(2 * k + 1) / 256 - 1, (2 * j + 1) / 208 - 1, (2 * i + 1) / 256 - 1].forEach((value, c) =>
    expect(exact.fixed[c]).toBeCloseTo(value, 6),
  );
  const inFrame = { fixed: Float64Array.of(i, j, k), moving: Float64Array.of(i, j, k), count: 1 };
  const cropped = croppedLandmarks(inFrame, geometry);
  [(2 * k) / 256 - 1, (2 * j) / 208 - 1, (2 * i) / 256 - 1].forEach((value, c) =>
    expect(cropped.fixed[c]).toBeCloseTo(value, 6),
  );
});

test('case 035 keeps its first 280 slices, others all of theirs', () => {
  const settings = config(lung250m);
  const shape = [10, 10, 451];
  const volume = { data: new Uint8Array(10 * 10 * 451), shape, spacing: [1, 1, 1] };
  expect(geometryOf(volume, settings, '035', 'a').offsets[2]).toBe(Math.floor((352 - 280) / 2) - 48);
  expect(geometryOf(volume, settings, '036', 'a').offsets[2]).toBe(Math.floor((352 - 451) / 2) - 48);
  expect(() => geometryOf({ ...volume, shape: [10, 10, 200] }, settings, '035', 'a')).toThrow('at least 280 slices');
});

test('slices, resampling and landmarks agree', () => {
  const settings = config({ frame: null, pool: 1, cases: { a: { slices: [2, 8] } } });
  const volume = scan([4, 4, 10], [1, 2, 5], [2, 1, 3]);
  const geometry = geometryOf(volume, settings, 'a', 'a.nii');
  expect(geometry.size).toEqual([8, 4, 18]);
  const out = prepareScan(volume, geometry, settings, 'a.nii');
  const on: number[][] = [];
  out.forEach((value, v) => value > 0 && on.push([Math.floor(v / 72), Math.floor(v / 18) % 4, v % 18]));
  expect(on).toEqual([2, 3].flatMap((i) => [9, 10, 11].map((k) => [i, 2, k])));
  const point = { fixed: Float64Array.of(1, 2, 5), moving: Float64Array.of(1, 2, 5), count: 1 };
  const { fixed } = exactLandmarks(point, geometry);
  [10.5 / 9 - 1, 2.5 / 2 - 1, 3 / 4 - 1].forEach((value, c) => expect(fixed[c]).toBeCloseTo(value, 6));
});

test('odd shapes and empty scans', () => {
  const settings = config({ frame: null, pool: 2 });
  expect(() => geometryOf(scan([4, 4, 5], [0, 0, 0]), settings, 'a', 'a.nii')).toThrow('divisible by the pooling');
  const series = { data: new Uint8Array(128), shape: [4, 4, 4, 2], spacing: [1, 1, 1] };
  expect(() => geometryOf(series, settings, 'a', 'a.nii')).toThrow('a volume with three axes');
  const empty = { data: new Uint8Array(64), shape: [4, 4, 4], spacing: [1, 1, 1] };
  expect(() => prepareScan(empty, geometryOf(empty, settings, 'a', 'b'), settings, 'b')).toThrow('expected foreground');
});
