import { describe, expect, it } from 'vitest';
import { PipelineError } from '../errors';
import { checkPath } from './storage';

describe('checkPath', () => {
  it('passes plain relative paths through', () => {
    expect(checkPath('vqae/model 1.safetensors')).toBe('vqae/model 1.safetensors');
  });

  it.each(['', '/a', 'a//b', 'a/', '.', 'a/../b', '..', 'a\\b', 'a\0'])('refuses %j', (path) => {
    expect(() => checkPath(path)).toThrow(PipelineError);
  });
});
