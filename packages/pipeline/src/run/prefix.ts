import type { HostTensor } from '@paired3d/nn';

/** Several states in one: each name gets its state's name and a slash in front. */
export function prefixed(states: Readonly<Record<string, ReadonlyMap<string, HostTensor>>>): Map<string, HostTensor> {
  const all = new Map<string, HostTensor>();
  for (const [prefix, state] of Object.entries(states)) {
    for (const [name, tensor] of state) all.set(`${prefix}/${name}`, tensor);
  }
  return all;
}

/** One of the states that {@link prefixed} put together. */
export function unprefixed(all: ReadonlyMap<string, HostTensor>, prefix: string): Map<string, HostTensor> {
  const start = `${prefix}/`;
  return new Map([...all].filter(([name]) => name.startsWith(start)).map(([name, t]) => [name.slice(start.length), t]));
}
