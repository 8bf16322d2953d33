/**
 * JSON with the keys of every object in code-unit order: equal values give equal text, and so equal hashes, however they were put together.
 * As with JSON.stringify, undefined properties are left out and non-finite numbers become null.
 *
 * @param indent spaces of indentation, 0 for one line.
 */
export function canonicalJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, (_key, v) => (isPlainObject(v) ? sortedCopy(v) : v), indent);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sortedCopy(object: Record<string, unknown>): Record<string, unknown> {
  // Integer-like keys come first in any object; JSON readers put them back there, so the order is stable too.
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
