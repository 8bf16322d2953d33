import { describe, expect, it } from 'vitest';
import { Interrupted, PipelineError, throwIfAborted } from './errors';

describe('PipelineError', () => {
  it('says where, what was expected, what was found and what to do, in one line', () => {
    const cause = new Error('inner');
    const error = new PipelineError({ where: 'a.nii', expected: '3 axes', got: '2', advice: 'give a volume', cause });
    expect(error.message).toBe('a.nii: expected 3 axes, got 2; give a volume');
    expect(error).toMatchObject({ where: 'a.nii', expected: '3 axes', got: '2', exitCode: 42, name: 'PipelineError' });
    expect(error.cause).toBe(cause);
  });
});

describe('throwIfAborted', () => {
  it('throws an Interrupted that may be tried again, and only when aborted', () => {
    const controller = new AbortController();
    throwIfAborted(undefined, 'vqae');
    throwIfAborted(controller.signal, 'vqae');
    controller.abort();
    expect(() => throwIfAborted(controller.signal, 'vqae')).toThrow(Interrupted);
    expect(() => throwIfAborted(controller.signal, 'vqae')).toThrow(/^vqae: .*run the same command again/);
    expect(new Interrupted('x').exitCode).toBe(75);
  });
});
