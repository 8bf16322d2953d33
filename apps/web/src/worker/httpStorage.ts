import type { Storage } from '@paired3d/pipeline';
import { FailureError } from '../failure';

/**
 * A folder of the page's own server, to read models from.
 * @throws FailureError (reading) when it cannot be had
 */
export function httpStorage(base: string, signal?: AbortSignal): Storage {
  const readOnly = () => Promise.reject(new Error(`${base} is to be read only`));
  return {
    async read(path) {
      const url = new URL(path, base);
      const response = await fetch(url, { signal }).catch((error: unknown) => {
        signal?.throwIfAborted();
        throw notLoaded(url, error instanceof Error ? error.message : String(error));
      });
      if (!response.ok) throw notLoaded(url, `status ${response.status}`);
      return new Uint8Array(await response.arrayBuffer());
    },
    list: readOnly,
    write: readOnly,
    remove: readOnly,
    within: (folder) => httpStorage(new URL(`${folder}/`, base).href, signal),
  };
}

function notLoaded({ pathname }: URL, got: string): FailureError {
  return new FailureError({
    kind: 'network',
    title: 'The model could not be loaded',
    detail: `${pathname}: ${got}. Check the connection and try again.`,
    remedies: ['retry'],
  });
}
