import { DataError } from './errors';

/** A file name taken apart. */
export interface MatchedName {
  id: string;
  /** 0 = fixed, 1 = moving. */
  image: 0 | 1;
}

/** Whether a file could be a scan at all; others (notes, tables) are passed over. */
export function isScan(name: string): boolean {
  return /\.nii(\.gz)?$/i.test(name);
}

/**
 * Matches names such as `case_032_1.nii.gz` against a pattern such as `case_{case}_{image}`.
 *
 * @returns a function that gives the case and the image, or undefined when the name does not fit.
 */
export function nameMatcher(
  pattern: string,
  images: readonly [string, string],
): (name: string) => MatchedName | undefined {
  const parts = pattern
    .split(/(\{case\}|\{image\})/)
    .map((part) =>
      part === '{case}'
        ? '(?<id>[^/]+?)'
        : part === '{image}'
          ? `(?<image>${images.map(escape).join('|')})`
          : escape(part),
    );
  const expression = new RegExp(`^${parts.join('')}\\.nii(\\.gz)?$`);
  return (name) => {
    const groups = expression.exec(name)?.groups;
    return groups && { id: groups.id, image: groups.image === images[0] ? 0 : 1 };
  };
}

/** The file name of a case and image, without extension. */
export function scanName(pattern: string, id: string, image: string): string {
  return pattern.replace('{case}', id).replace('{image}', image);
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Names of the two files of a case. */
export type PairFiles = readonly [string, string];

/**
 * Sorts the files of a folder into pairs.
 *
 * @returns pairs by id (sorted), an error for every scan that does not fit, and the names passed over
 */
export function pairFiles(
  names: readonly string[],
  pattern: string,
  images: readonly [string, string],
): { pairs: Map<string, PairFiles>; errors: DataError[]; passedOver: string[] } {
  const match = nameMatcher(pattern, images);
  const errors: DataError[] = [];
  const passedOver: string[] = [];
  const found = new Map<string, [string | undefined, string | undefined]>();
  for (const file of [...names].sort()) {
    if (!isScan(file)) {
      passedOver.push(file);
      continue;
    }
    const name = match(file);
    if (!name) {
      const example = images.map((image) => scanName(pattern, '001', image)).join(' and ');
      const advice = 'rename or remove it, or set `pattern`';
      errors.push(new DataError({ kind: 'name', file, expected: `a name like ${example}`, got: 'another', advice }));
      continue;
    }
    const pair = found.get(name.id) ?? [undefined, undefined];
    const other = pair[name.image];
    if (other !== undefined) {
      const advice = 'remove one of them';
      errors.push(
        new DataError({ kind: 'duplicate', file, expected: 'one file a scan', got: `${other} as well`, advice }),
      );
      continue;
    }
    pair[name.image] = file;
    found.set(name.id, pair);
  }
  const pairs = new Map<string, PairFiles>();
  for (const id of [...found.keys()].sort()) {
    const [fixed, moving] = found.get(id)!;
    if (fixed !== undefined && moving !== undefined) {
      pairs.set(id, [fixed, moving]);
      continue;
    }
    const partner = scanName(pattern, id, images[fixed === undefined ? 0 : 1]);
    const expected = `its partner ${partner}.nii or .nii.gz beside it`;
    const advice = 'add it, or remove this file';
    errors.push(new DataError({ kind: 'partner', file: (fixed ?? moving)!, expected, got: 'none', advice }));
  }
  return { pairs, errors, passedOver };
}
