import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** Loads a package by name; the seam through which tests give substitutes for packages that a user may have installed. */
export type LoadModule = (name: string) => Promise<unknown>;

/** No package of that name is installed where it would be looked for. */
export class ModuleMissing extends Error {
  constructor(readonly moduleName: string) {
    super(`the package ${moduleName} is not installed`);
    this.name = 'ModuleMissing';
  }
}

/**
 * Loads an optional package from next to this program or, as with a global installation, from the current folder's project.
 *
 * @throws ModuleMissing when it is in neither; whatever loading it throws otherwise.
 */
export async function loadInstalled(name: string): Promise<unknown> {
  const file = resolveInstalled(name);
  if (file === undefined) throw new ModuleMissing(name);
  return import(pathToFileURL(file).href);
}

/** Path of an optional package's main file, undefined when it is not installed. */
export function resolveInstalled(name: string): string | undefined {
  for (const from of [import.meta.url, path.join(process.cwd(), 'package.json')]) {
    try {
      return createRequire(from).resolve(name);
    } catch {
      // Not there, or not loadable from there.
    }
  }
  return undefined;
}
