import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparable, examplesOf } from './check-packed.mjs';

test('examples are the fences js, and js node for Node alone', () => {
  const fence = (language, code) => `text\n\`\`\`${language}\n${code}\n\`\`\`\n`;
  const readme = fence('sh', 'npm i') + fence('js', 'a();') + fence('ts', 'b();') + fence('js node', 'c();');
  assert.deepEqual(examplesOf(readme), [
    { code: 'a();\n', nodeOnly: false },
    { code: 'c();\n', nodeOnly: true },
  ]);
});

test('outputs are compared without their numbers and spaces, but with everything else', () => {
  assert.equal(comparable('loss 0.693\n[1, -2e-7]'), comparable('loss 0.694 [1,-2.1e-7]\n'));
  assert.notEqual(comparable('loss NaN'), comparable('loss 0.693'));
  assert.notEqual(comparable('a 1'), comparable('a 1 2'));
});
