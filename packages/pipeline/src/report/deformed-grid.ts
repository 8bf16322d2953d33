import { escapeText } from './format';
import type { Plane } from './projection';
import { middleCut } from './slice';
import type { ReportSize } from './types';

/** Lines along the longer side of the picture, at most. */
const LINES = 40;
const PIXELS = 4;

/**
 * What becomes of a regular grid on a cut through the middle, as an SVG: each crossing is drawn where the deformation
 * takes it, seen along the cut's normal.
 *
 * @param displacement `[I, J, K, 3]`, in voxels along i, j, k
 * @param options.label for readers that do not see it
 */
export function deformedGrid(
  displacement: Float32Array,
  size: ReportSize,
  options: { readonly plane?: Plane; readonly label: string },
): string {
  const cut = middleCut(size, options.plane ?? 'coronal');
  const { width, height, voxel, axes, upright } = cut;
  const stride = Math.max(1, Math.ceil(Math.max(width, height) / LINES));
  const crossing = (x: number, y: number): string => {
    const at = 3 * voxel(x, y);
    const dy = displacement[at + axes[1]];
    const place = [x + 0.5 + displacement[at + axes[0]], y + 0.5 + (upright ? -dy : dy)];
    return place.map((value) => (PIXELS * value).toFixed(1)).join(' ');
  };
  const steps = (n: number): number[] => Array.from({ length: Math.ceil(n / stride) }, (_, i) => i * stride);
  const line = (points: string[]): string => `M${points.join('L')}`;
  const rows = steps(height).map((y) => line(steps(width).map((x) => crossing(x, y))));
  const columns = steps(width).map((x) => line(steps(height).map((y) => crossing(x, y))));
  return (
    `<svg class="overlay" viewBox="0 0 ${PIXELS * width} ${PIXELS * height}" role="img" ` +
    `aria-label="${escapeText(options.label)}"><path d="${[...rows, ...columns].join('')}" fill="none" ` +
    `stroke="#1c2026" stroke-width="${(PIXELS / 5) * stride ** 0.5}" stroke-opacity="0.75"/></svg>`
  );
}
