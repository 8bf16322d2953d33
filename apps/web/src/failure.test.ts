import { NiftiError } from '@paired3d/nifti';
import { PipelineError } from '@paired3d/pipeline';
import { expect, it } from 'vitest';
import { cancelled, deviceLost, failureOf, FailureError, unsupported } from './failure';

const details = { expected: 'a', got: 'b', advice: 'do c' };

it.each([
  ['file', new NiftiError({ file: 'x.nii', field: 'magic', ...details }), 'x.nii'],
  ['mismatch', new PipelineError({ where: 'y.nii', ...details }), 'y.nii'],
  ['memory', Object.assign(new Error('conv3d: no heap'), { name: 'WasmMemoryError' }), 'conv3d'],
  ['memory', new RangeError('Array buffer allocation failed'), 'smaller setting'],
  ['memory', new RangeError('Invalid typed array length: 9e9'), 'smaller setting'],
  ['cancelled', new DOMException('', 'AbortError'), ''],
  ['unsupported', unsupported('WebAssembly SIMD'), 'current Chrome'],
  ['device-lost', new FailureError(deviceLost('the driver restarted')), 'the driver restarted'],
  ['unexpected', new TypeError('f is not a function'), 'f is not a function'],
  ['unexpected', 'a text', 'a text'],
])('says what to do: %s', (kind, error, part) => {
  const failure = failureOf(error);
  expect(failure.kind).toBe(kind);
  expect(failure.detail).toContain(part);
});

it('offers a smaller setting when memory is short, and WASM when the device is lost', () => {
  expect(failureOf(new RangeError('Array buffer allocation failed')).remedies).toContain('smaller');
  expect(deviceLost('').remedies).toContain('use-wasm');
  expect(cancelled().failure.remedies).toEqual([]);
});
