import { decimal, escapeText } from './format';
import { mainErrors } from './headline';
import { pngDataUri } from './png';
import { overlayVolumes, type Plane } from './projection';
import { METHOD_NAMES } from './tables';
import type { ReportData, ReportPair, ReportRegistration, ReportSize } from './types';

/** How many pairs of a kind are shown; a page with hundreds of pictures helps nobody. */
const PAIRS_SHOWN = 12;
const REGISTRATIONS_SHOWN = 30;

/** The colour key, in words and swatches. */
export const COLOUR_KEY =
  '<ul class="key">' +
  '<li><span class="swatch" style="background:#2662d9"></span>fixed</li>' +
  '<li><span class="swatch" style="background:#f27928"></span>moving</li>' +
  '<li><span class="swatch" style="background:#242f25"></span>both</li></ul>';

/** Overlays of pairs in a grid with their ids; an empty text without pairs. */
export function pairFigures(pairs: readonly ReportPair[], kind: string): string {
  if (pairs.length === 0) return '';
  const shown = pairs.slice(0, PAIRS_SHOWN);
  const figures = shown.map(
    ({ id, size, fixed, moving }) =>
      `<figure>${picture(fixed, moving, size, `${kind} ${id}, fixed blue, moving orange`)}` +
      `<figcaption>${escapeText(id)}</figcaption></figure>`,
  );
  const rest = pairs.length > shown.length ? `<p class="note">${shown.length} of ${pairs.length} are shown.</p>` : '';
  return `<div class="figures">${figures.join('')}</div>${rest}`;
}

/** Before and after side by side for each registration, with its errors where the summary has them. */
export function registrationFigures(data: ReportData): string {
  const { registrations } = data;
  if (registrations.length === 0) return '';
  const shown = registrations.slice(0, REGISTRATIONS_SHOWN);
  const rest =
    registrations.length > shown.length
      ? `<p class="note">${shown.length} of ${registrations.length} are shown; the table has every case.</p>`
      : '';
  const figures = shown.map((registration) => registrationFigure(registration, data));
  return `<div class="figures pairs">${figures.join('')}</div>${rest}`;
}

function registrationFigure(registration: ReportRegistration, data: ReportData): string {
  const { id, size, fixed, movingBefore, movingAfter, label, method } = registration;
  const errors = mainErrors(data.summary);
  const before = errors?.before?.cases[id];
  const after = method ? errors?.[method]?.cases[id] : undefined;
  const millimetres = (value: number | undefined): string => (value === undefined ? '' : ` · ${decimal(value)} mm`);
  const name = label || (method ? METHOD_NAMES[method] : 'after');
  return (
    '<figure><div class="both">' +
    `<div>${picture(fixed, movingBefore, size, `${id} before registration, fixed blue, moving orange`)}` +
    `<span>before${millimetres(before)}</span></div>` +
    `<div>${picture(fixed, movingAfter, size, `${id} after registration (${name}), fixed blue, warped moving orange`)}` +
    `<span>after${millimetres(after)}</span></div></div>` +
    `<figcaption><b>${escapeText(id)}</b> · ${escapeText(name)}</figcaption></figure>`
  );
}

/** The overlay of two volumes as an image. */
export function picture(
  fixed: Float32Array,
  moving: Float32Array,
  size: ReportSize,
  description: string,
  plane: Plane = 'coronal',
): string {
  const image = overlayVolumes(fixed, moving, size, { plane });
  const view = size[0] === 1 ? 'Overlay' : `${plane === 'coronal' ? 'Coronal' : 'Sagittal'} maximum projection`;
  return (
    `<img class="overlay" width="${image.width}" height="${image.height}" src="${pngDataUri(image)}" ` +
    `alt="${escapeText(`${view}: ${description}`)}">`
  );
}
