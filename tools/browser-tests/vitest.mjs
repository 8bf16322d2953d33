// The part of vitest that the tests of @paired3d/ops use, for a page: vitest's own expectations, and suites in order.
// Devices other than WebGPU are left out: Node tests them.
import { JestAsymmetricMatchers, JestChaiExpect, JestExtend } from '@vitest/expect';
import * as chai from 'chai';

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);
export const { expect } = chai;

const root = { name: '', before: [], after: [], tests: [], suites: [] };
let current = root;

export function describe(name, declare) {
  const suite = { name, before: [], after: [], tests: [], suites: [] };
  const outer = current;
  outer.suites.push(suite);
  current = suite;
  declare();
  current = outer;
}

describe.each = (cases) => (_title, declare) => {
  for (const one of cases) {
    const name = one.name ?? JSON.stringify(one);
    if (!/^(cpu|wasm)\b/.test(name)) describe(name, () => declare(one));
  }
};
describe.skipIf = (skipped) => (skipped ? () => {} : describe);

export function it(name, run) {
  current.tests.push({ name, run });
}

it.each = (cases) => (title, run) => {
  for (const one of cases) {
    const values = Array.isArray(one) ? one : [one];
    it(`${title} ${JSON.stringify(values[0])}`, () => run(...values));
  }
};
it.skipIf = (skipped) => (skipped ? () => {} : it);

export const beforeAll = (run) => void current.before.push(run);
export const afterAll = (run) => void current.after.push(run);

/** Runs what was declared; `{ name, error }` of each test, without an error where it passed. */
export async function runTests(tell, suite = root, path = '') {
  const results = [];
  const attempt = async (name, run) => {
    const error = await Promise.resolve()
      .then(run)
      .then(
        () => undefined,
        (thrown) => `${thrown.message ?? thrown}${thrown.cause ? `\n${thrown.cause.message}` : ''}`,
      );
    results.push({ name, error });
    tell(`${error === undefined ? 'ok   ' : 'FAIL '} ${name}`);
  };
  const at = (name) => (path ? `${path} > ${name}` : name);
  if (suite.before.length > 0) await attempt(at('start'), () => inOrder(suite.before));
  for (const { name, run } of suite.tests) await attempt(at(name), run);
  for (const inner of suite.suites) results.push(...(await runTests(tell, inner, at(inner.name))));
  if (suite.after.length > 0) await attempt(at('end'), () => inOrder(suite.after));
  return results;
}

async function inOrder(functions) {
  for (const run of functions) await run();
}
