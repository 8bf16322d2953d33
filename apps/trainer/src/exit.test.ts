import { OpsError } from '@paired3d/ops';
import { Interrupted, PipelineError } from '@paired3d/pipeline';
import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { describeFailure } from './exit';

const fields = { where: 'a', expected: 'b', got: 'c', advice: 'd' };

describe('describeFailure', () => {
  it('takes message and code of a PipelineError', () => {
    expect(describeFailure(new PipelineError(fields))).toMatchObject({ exitCode: 42, line: 'a: expected b, got c; d' });
    expect(describeFailure(new PipelineError({ ...fields, exitCode: 75 })).exitCode).toBe(75);
  });

  it('exits as the signal says when a run was stopped by one', () => {
    expect(describeFailure(new Interrupted('vqae'), 'SIGINT').exitCode).toBe(130);
    expect(describeFailure(new Interrupted('vqae'), 'SIGTERM').exitCode).toBe(143);
    expect(describeFailure(new Interrupted('vqae')).exitCode).toBe(75);
    expect(describeFailure(new PipelineError(fields), 'SIGINT').exitCode).toBe(42);
  });

  it('says wrong usage in one line', () => {
    const message = "error: unknown option '--prest'\n(Did you mean --preset?)";
    expect(describeFailure(new CommanderError(1, 'commander.unknownOption', message))).toEqual({
      exitCode: 2,
      line: "unknown option '--prest' (Did you mean --preset?); see --help",
    });
    expect(describeFailure(new CommanderError(0, 'commander.helpDisplayed', ''))).toEqual({ exitCode: 0, line: '' });
    expect(describeFailure(new CommanderError(1, 'commander.help', '(outputHelp)'))).toEqual({ exitCode: 2, line: '' });
  });

  it('takes the typed errors of the packages for what they are', () => {
    const error = new OpsError('conv3d', 'rank 5', 'rank 4', 'add an axis');
    expect(describeFailure(error)).toMatchObject({ exitCode: 42, line: error.message });
    const memory = Object.assign(new Error('conv3d: no room'), { name: 'WasmMemoryError' });
    expect(describeFailure(memory).exitCode).toBe(75);
  });

  it('names the file of an operating system error that nothing else caught', () => {
    const error = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', path: 'out/x', syscall: 'write' });
    expect(describeFailure(error)).toMatchObject({ exitCode: 75, line: expect.stringMatching(/^out\/x: .*full disk/) });
  });

  it('gives one line for anything else, and where to find more', () => {
    const failure = describeFailure(new TypeError('x is\n  undefined'));
    expect(failure.exitCode).toBe(1);
    expect(failure.line).toBe('x is undefined (this should not happen; --verbose shows where)');
    expect(failure.stack).toContain('exit.test.ts');
    expect(describeFailure('text')).toEqual({ exitCode: 1, line: 'text' });
  });
});
