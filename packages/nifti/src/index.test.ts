import { expect, test } from 'vitest';
import * as api from './index';

test('the public names', () => {
  expect(Object.keys(api).sort()).toEqual(['INTENT_VECTOR', 'NiftiError', 'readNifti', 'writeNifti']);
});
