import { deformedGrid } from './deformed-grid';
import { htmlDocument } from './document';
import { COLOUR_KEY, picture } from './figures';
import { decimal, duration, escapeText } from './format';
import { tile } from './headline';
import { jacobianMap } from './jacobian-map';
import { pngDataUri } from './png';
import type { Plane } from './projection';
import { table } from './tables';
import type { ReportSize } from './types';

/** What the report of one registration shows, as plain data. */
export interface RegistrationReport {
  readonly title: string;
  /** The command that makes this report again. */
  readonly command: string;
  /** How the pair was registered, in words. */
  readonly method: string;
  /** Names and settings, to list. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Images with values in [0, 1], row-major i, j, k; `warped` is the moving one laid over the fixed one. */
  readonly images: {
    readonly size: ReportSize;
    readonly fixed: Float32Array;
    readonly moving: Float32Array;
    readonly warped: Float32Array;
  };
  /** Where the fixed image's points go. */
  readonly deformation: {
    readonly size: ReportSize;
    /** `[I, J, K, 3]`, in voxels along i, j, k. */
    readonly displacement: Float32Array;
    /** `[I, J, K]`. */
    readonly jacobian: Float32Array;
    /** mm, mean and largest length of the displacement. */
    readonly millimetres: { readonly mean: number; readonly most: number };
  };
  readonly diceBefore: number;
  readonly diceAfter: number;
  /** Percentage of folded voxels. */
  readonly folding: number;
  /** mm */
  readonly inverseConsistency: number;
  readonly seconds: number;
  readonly date?: string;
}

/** The planes that a registration is seen in; a single slice is one picture. */
const planesOf = ([I]: ReportSize): readonly Plane[] => (I === 1 ? ['coronal'] : ['coronal', 'sagittal']);

/**
 * The offline report of one registration: the overlay before and after, what becomes of a regular grid, how volume changes.
 * A pure function, as {@link renderReport}.
 *
 * @throws {PipelineError} when a volume does not have the size it is said to have
 */
export function renderRegistration(data: RegistrationReport): string {
  const { deformation } = data;
  const range = jacobianRange(deformation.jacobian);
  const tiles = [
    tile('Dice before', decimal(data.diceBefore, 3)),
    tile('Dice after', decimal(data.diceAfter, 3), '', '', 'best'),
    tile('Folded', decimal(data.folding), '%', 'of the voxels'),
    tile('Jacobian', `${decimal(range.least)} to ${decimal(range.most)}`, '', 'determinant'),
    tile(
      'Displacement',
      decimal(deformation.millimetres.mean, 1),
      'mm',
      `at most ${decimal(deformation.millimetres.most, 1)} mm`,
    ),
    tile('Inverse consistency', decimal(data.inverseConsistency, 3), 'mm', 'mean error'),
  ];
  const sentence = `Dice ${decimal(data.diceBefore, 2)} before, <b>${decimal(data.diceAfter, 2)} after</b>, in ${duration(data.seconds)}.`;
  return htmlDocument({
    title: data.title,
    head: `<p class="headline">${sentence}</p>\n<ul class="tiles">${tiles.join('')}</ul>`,
    sections: [
      { id: 'overlays', title: 'Before and after', content: overlays(data) },
      { id: 'deformation', title: 'The deformation', content: deformed(data) },
      { id: 'reproduce', title: 'How it was made', content: made(data) },
    ],
    footer: ['Made by paired3d', data.method, ...(data.date ? [data.date] : [])].join(' · '),
  });
}

function overlays({ images }: RegistrationReport): string {
  const { size, fixed, moving, warped } = images;
  const figures = planesOf(size).map((plane) => {
    const shown = (image: Float32Array, when: string) =>
      `<div>${picture(fixed, image, size, `${when} registration, fixed blue, moving orange`, plane)}<span>${when}</span></div>`;
    return `<figure><div class="both">${shown(moving, 'before')}${shown(warped, 'after')}</div><figcaption>${plane}</figcaption></figure>`;
  });
  return (
    '<p class="lead">Maximum projections, fainter where less lies behind, printed over each other: what is aligned loses its colour.</p>' +
    `${COLOUR_KEY}<div class="figures pairs">${figures.join('')}</div>`
  );
}

function deformed({ deformation: { size, displacement, jacobian } }: RegistrationReport): string {
  const figures = planesOf(size).map((plane) => {
    const grid = deformedGrid(displacement, size, { plane, label: `Deformed grid, ${plane} cut through the middle` });
    const map = jacobianMap(jacobian, size, { plane });
    const image =
      `<img class="overlay" width="${map.width}" height="${map.height}" src="${pngDataUri(map)}" ` +
      `alt="Map of the Jacobian determinant, ${plane} cut through the middle">`;
    return (
      `<figure><div class="both"><div>${grid}<span>grid</span></div><div>${image}<span>Jacobian determinant</span></div></div>` +
      `<figcaption>${plane}, through the middle</figcaption></figure>`
    );
  });
  return (
    '<p class="lead">Where the points of the fixed scan have their partners in the moving one: a regular grid after the ' +
    'deformation, and the volume of what was one voxel.</p>' +
    `${JACOBIAN_KEY}<div class="figures pairs">${figures.join('')}</div>`
  );
}

const JACOBIAN_KEY =
  '<ul class="key">' +
  '<li><span class="swatch" style="background:#2662d9"></span>half the volume or less</li>' +
  '<li><span class="swatch" style="background:#fcfcfb;outline:1px solid #b8bcc2"></span>the same</li>' +
  '<li><span class="swatch" style="background:#f27928"></span>twice the volume or more</li>' +
  '<li><span class="swatch" style="background:#c8102e"></span>folded</li></ul>';

function made({ command, facts, method, seconds }: RegistrationReport): string {
  const rows = [['method', method] as const, ...facts, ['time', duration(seconds)] as const];
  return (
    `<pre class="command"><code>${escapeText(command)}</code></pre>` +
    table({ caption: 'Settings', heads: ['Name', 'Value'], rows: rows.map(([name, value]) => [name, value]) })
  );
}

function jacobianRange(determinants: Float32Array): { least: number; most: number } {
  let [least, most] = [Infinity, -Infinity];
  for (const value of determinants) [least, most] = [Math.min(least, value), Math.max(most, value)];
  return { least, most };
}
