import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addSharedOptions, type SharedOptions } from './options';

function parse(...args: string[]): SharedOptions {
  const command = addSharedOptions(new Command().exitOverride().configureOutput({ outputError: () => {} }));
  return command.parse(args, { from: 'user' }).opts<SharedOptions>();
}

describe('addSharedOptions', () => {
  it('has defaults', () => {
    const expected = { set: [], backend: 'auto', json: false, verbose: false, quiet: false };
    expect(parse()).toEqual(expected);
  });

  it('reads all of them', () => {
    const line =
      '--preset tiny --config c.json --set a=1 --set b=2 --backend cpu --precision mixed --seed 7 --out o --json --verbose --quiet';
    expect(parse(...line.split(' '))).toEqual({
      preset: 'tiny',
      config: 'c.json',
      set: ['a=1', 'b=2'],
      backend: 'cpu',
      precision: 'mixed',
      seed: 7,
      out: 'o',
      json: true,
      verbose: true,
      quiet: true,
    });
  });

  it.each([
    [['--backend', 'cuda'], 'Allowed choices are wasm, webgpu, cpu, node-gpu, auto'],
    [['--precision', 'half'], 'Allowed choices are float32, mixed'],
    [['--seed', 'x'], 'Expected a whole number'],
    [['--seed', ''], 'Expected a whole number'],
    [['--presett', 'x'], 'Did you mean --preset?'],
    [['--out'], 'argument missing'],
  ])('refuses %j', (args, message) => {
    expect(() => parse(...args)).toThrow(message);
  });

  it('adds the named ones alone', () => {
    const command = addSharedOptions(new Command(), ['json', 'out']);
    expect(command.options.map((option) => option.long)).toEqual(['--json', '--out']);
  });
});
