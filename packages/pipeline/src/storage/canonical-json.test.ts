import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json';

describe('canonicalJson', () => {
  it('does not depend on the order in which keys were set, at any depth', () => {
    const a = { b: 1, a: [{ y: null, x: 'é' }], c: undefined };
    const b = { a: [{ x: 'é', y: null }], b: 1 };
    expect(canonicalJson(a)).toBe('{"a":[{"x":"é","y":null}],"b":1}');
    expect(canonicalJson(b)).toBe(canonicalJson(a));
  });

  it('keeps the order of lists, and doubles exactly', () => {
    expect(canonicalJson([2, 1])).toBe('[2,1]');
    expect(JSON.parse(canonicalJson(0.1 + 0.2))).toBe(0.1 + 0.2);
  });
});
