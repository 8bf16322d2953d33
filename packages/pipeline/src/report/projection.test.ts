import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { PipelineError } from '../errors';
import { encodePng, pngDataUri } from './png';
import { FIXED_INK, MOVING_INK, PAPER, enlarge, overlay, overlayVolumes, project, type GreyImage } from './projection';

/** A volume whose voxel (i, j, k) is 100 i + 10 j + k. */
function coordinates([I, J, K]: readonly [number, number, number]): Float32Array {
  const at = (n: number): number => 100 * Math.floor(n / (J * K)) + 10 * (Math.floor(n / K) % J) + (n % K);
  return Float32Array.from({ length: I * J * K }, (_, n) => at(n));
}

const grey = (width: number, values: number[]): GreyImage => ({
  width,
  height: values.length / width,
  values: Float32Array.from(values),
});

const pixel = (data: Uint8ClampedArray, n: number): number[] => [...data.slice(4 * n, 4 * n + 4)];

describe('project', () => {
  const size = [2, 3, 4] as const;

  it('takes the maximum along j for the coronal plane, x = i and the head (greatest k) up', () => {
    const { width, height, values } = project(coordinates(size), size);
    expect([width, height]).toEqual([2, 4]);
    expect([...values]).toEqual([23, 123, 22, 122, 21, 121, 20, 120]);
  });

  it('takes the mean', () => {
    const { values } = project(coordinates(size), size, { mode: 'mean' });
    expect([...values]).toEqual([13, 113, 12, 112, 11, 111, 10, 110]);
  });

  it('looks from the side with x = j for the sagittal plane', () => {
    const { width, height, values } = project(coordinates(size), size, { plane: 'sagittal' });
    expect([width, height]).toEqual([3, 4]);
    expect([...values.slice(0, 3)]).toEqual([103, 113, 123]);
  });

  it('shows a 2D picture as it is', () => {
    const { width, height, values } = project(coordinates([1, 2, 3]), [1, 2, 3]);
    expect([width, height]).toEqual([3, 2]);
    expect([...values]).toEqual([0, 1, 2, 10, 11, 12]);
  });

  it('rejects a volume of another size', () => {
    expect(() => project(new Float32Array(5), size)).toThrow(PipelineError);
    expect(() => project(new Float32Array(5), size)).toThrow(/expected 24 voxels for size 2 x 3 x 4, got 5/);
  });
});

describe('enlarge', () => {
  it('keeps constants and the middle of a step, and stays in [0, 1]', () => {
    const constant = enlarge(grey(2, [0.5, 0.5, 0.5, 0.5]), 3).values;
    expect(constant).toHaveLength(36);
    for (const value of constant) expect(value).toBeCloseTo(0.5, 6);
    const step = enlarge(grey(4, [0, 0, 1, 1]), 3);
    expect([step.width, step.height]).toEqual([12, 3]);
    expect(Math.min(...step.values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...step.values)).toBeLessThanOrEqual(1);
    expect(step.values[5] + step.values[6]).toBeCloseTo(1, 6);
  });

  it('keeps what is left and right, up and down', () => {
    const { values } = enlarge(grey(3, [1, 0, 0, 0, 0, 0]), 4);
    const width = 12;
    expect(values[0]).toBeGreaterThan(0.9);
    expect(values[width - 1]).toBe(0);
    expect(values[width * 7]).toBeLessThan(0.1);
  });
});

describe('overlay', () => {
  it('prints fixed blue, moving orange and both dark and nearly neutral on paper', () => {
    const { data } = overlay(grey(4, [0, 1, 0, 1]), grey(4, [0, 0, 1, 1]));
    expect(pixel(data, 0)).toEqual([...PAPER, 255]);
    const tinted = (ink: readonly number[]): number[] => ink.map((part, n) => Math.round((part * PAPER[n]) / 255));
    expect(pixel(data, 1)).toEqual([...tinted(FIXED_INK), 255]);
    expect(pixel(data, 2)).toEqual([...tinted(MOVING_INK), 255]);
    const both = pixel(data, 3).slice(0, 3);
    expect(Math.max(...both)).toBeLessThan(64);
    expect(Math.max(...both) - Math.min(...both)).toBeLessThan(16);
  });

  it('takes values outside of [0, 1] and NaN without harm', () => {
    const { data } = overlay(grey(2, [-3, NaN]), grey(2, [0, 7]));
    expect(pixel(data, 0)).toEqual([...PAPER, 255]);
    expect(pixel(data, 1)).toEqual(pixel(overlay(grey(1, [0]), grey(1, [1])).data, 0));
  });

  it('rejects pictures that differ in size', () => {
    expect(() => overlay(grey(2, [0, 0]), grey(1, [0]))).toThrow(PipelineError);
  });
});

describe('overlayVolumes', () => {
  it('shades what is thin lighter than what is thick, and leaves the background paper', () => {
    const size = [3, 4, 1] as const;
    const volume = Float32Array.from([1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
    const { data, width } = overlayVolumes(volume, new Float32Array(12), size, { target: 3 });
    expect(width).toBe(3);
    const [thick, thin, none] = [0, 1, 2].map((n) => pixel(data, n)[0]);
    expect(thick).toBeLessThan(thin);
    expect(thin).toBeLessThan(none);
    expect(none).toBe(PAPER[0]);
  });

  it('shows a 2D pair at its own values and enlarges within the target', () => {
    const flat = Float32Array.from([1, 0, 0, 1]);
    const { data, width, height } = overlayVolumes(flat, new Float32Array(4), [1, 2, 2], { target: 9 });
    expect([width, height]).toEqual([8, 8]);
    expect(pixel(data, 0)).toEqual(pixel(overlay(grey(1, [1]), grey(1, [0])).data, 0));
  });

  it('draws empty volumes as paper', () => {
    const { data } = overlayVolumes(new Float32Array(8), new Float32Array(8), [2, 2, 2], { target: 2 });
    expect(pixel(data, 3)).toEqual([...PAPER, 255]);
  });
});

describe('png', () => {
  const image = overlay(grey(2, [0, 1, 0.5, 0]), grey(2, [1, 0, 0.5, 0]));

  it('keeps every pixel and drops an alpha channel that says nothing', () => {
    const { width, height, channels, data } = decode(encodePng(image));
    expect([width, height, channels]).toEqual([2, 2, 3]);
    expect([...data]).toEqual([...image.data].filter((_, n) => n % 4 < 3));
  });

  it('keeps transparency', () => {
    const data = image.data.slice();
    data[3] = 7;
    const decoded = decode(encodePng({ ...image, data }));
    expect(decoded.channels).toBe(4);
    expect([...decoded.data]).toEqual([...data]);
  });

  it('becomes a data address', () => {
    const uri = pngDataUri(image);
    expect(uri).toMatch(/^data:image\/png;base64,iVBORw0KGgo[A-Za-z0-9+/]+=*$/);
    const bytes = Uint8Array.from(atob(uri.slice(uri.indexOf(',') + 1)), (character) => character.charCodeAt(0));
    expect(bytes).toEqual(encodePng(image));
  });
});
