// The golden files are what the scripts give: needs a Python with PyTorch (PYTHON, else /usr/bin/python3).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const python = process.env.PYTHON ?? '/usr/bin/python3';
const hasTorch = spawnSync(python, ['-c', 'import torch, numpy'], { stdio: 'ignore' }).status === 0;

test('golden files are current', { skip: !hasTorch && `no PyTorch in ${python}` }, () => {
  const script = fileURLToPath(new URL('make.py', import.meta.url));
  const { status, stdout, stderr } = spawnSync(python, ['-B', script, '--check'], { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
});
