import { PipelineError } from '@paired3d/pipeline';
import { describe, expect, it } from 'vitest';
import { fileError } from './file-errors';

const system = (code: string) => Object.assign(new Error(`${code}: raw`), { code });

describe('fileError', () => {
  it.each(['ENOSPC', 'EIO', 'EMFILE'])('%s may be tried again', (code) => {
    expect(fileError('a/b', 'to write it', system(code))).toMatchObject({ exitCode: 75, where: 'a/b' });
  });

  it.each(['EACCES', 'ENOTDIR', 'EROFS'])('%s is permanent', (code) => {
    expect(fileError('a/b', 'to write it', system(code)).exitCode).toBe(42);
  });

  it('names the file, the reason and what to do, and keeps the cause', () => {
    const cause = system('ENOSPC');
    const error = fileError('runs/a.bin', 'to write it', cause);
    expect(error.message).toBe(
      'runs/a.bin: expected to write it, got a full disk (ENOSPC); free some space, then run the same command again',
    );
    expect(error.cause).toBe(cause);
  });

  it('passes on what it does not know, and typed errors untouched', () => {
    expect(fileError('a', 'to read it', new Error('odd')).message).toBe(
      'a: expected to read it, got odd; check the path',
    );
    const typed = new PipelineError({ where: 'x', expected: 'y', got: 'z', advice: 'w' });
    expect(fileError('a', 'to read it', typed)).toBe(typed);
  });
});
