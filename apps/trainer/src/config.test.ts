import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { gatherSettings, parseSetting } from './config';
import { temporaryFolder } from './testing';

const preset = { seed: 1, vqae: { steps: 10, channels: [1, 2], rate: { start: 0.1, end: 0 } } };

function file(content: string): string {
  const name = path.join(temporaryFolder(), 'config.json');
  writeFileSync(name, content);
  return name;
}

describe('parseSetting', () => {
  it.each([
    ['a=1', ['a'], 1],
    ['a.b-c.d_1=true', ['a', 'b-c', 'd_1'], true],
    ['a=[1,2]', ['a'], [1, 2]],
    ['a={"b": null}', ['a'], { b: null }],
    ['a="1"', ['a'], '1'],
    ['a=wasm', ['a'], 'wasm'],
    ['a=x=y', ['a'], 'x=y'],
    ['a=', ['a'], ''],
    ['a=1e-3', ['a'], 0.001],
  ])('reads %s', (text, keys, value) => {
    expect(parseSetting(text)).toEqual({ path: keys, value });
  });

  it.each(['', 'a', '=1', 'a..b=1', '.a=1', 'a b=1', '__proto__.x=1'])('refuses %j, naming it', (text) => {
    expect(() => parseSetting(text)).toThrow(
      `--set: expected path=value such as vqae.steps=200, got ${JSON.stringify(text)}`,
    );
  });

  it('names the path when JSON was begun and not finished', () => {
    expect(() => parseSetting('vqae.channels=[1,2')).toThrow('--set vqae.channels: expected valid JSON, got "[1,2"');
  });
});

describe('gatherSettings', () => {
  it('merges objects key by key and replaces lists, the command line last', async () => {
    const name = file('{"seed": 2, "vqae": {"steps": 20, "channels": [3], "unknown": 1}}');
    const set = ['vqae.steps=30', 'vqae.rate.start=0.5', 'new.key=x', 'vqae.rate={"end":1}'];
    const settings = await gatherSettings({ preset, file: name, set });
    expect(settings).toEqual({
      seed: 2,
      vqae: { steps: 30, channels: [3], unknown: 1, rate: { start: 0.5, end: 1 } },
      new: { key: 'x' },
    });
    expect(preset.vqae.steps).toBe(10);
  });

  it('replaces settings of another kind as a whole', async () => {
    const settings = { quantizer: { kind: 'ema', decay: 0.9 } };
    const of = (text: string) => gatherSettings({ preset: settings, set: [text] });
    expect(await of('quantizer={"kind":"fsq","levels":[4,4]}')).toEqual({ quantizer: { kind: 'fsq', levels: [4, 4] } });
    expect(await of('quantizer={"kind":"ema","restart":1}')).toEqual({
      quantizer: { kind: 'ema', decay: 0.9, restart: 1 },
    });
  });

  it('is the preset when nothing else is given', async () => {
    expect(await gatherSettings({ preset })).toEqual(preset);
  });

  it('says which setting has no settings in it', async () => {
    await expect(gatherSettings({ preset, set: ['vqae.steps.x=1'] })).rejects.toThrow(
      '--set vqae.steps.x: expected vqae.steps to have settings in it, got 10; set vqae.steps as a whole',
    );
  });

  it.each([
    ['{"a": }', 'Unexpected token'],
    ['{"__proto__": {"a": 1}}', 'a key __proto__'],
    ['[1]', 'got a list'],
    ['3', 'got 3'],
  ])('names the file that holds %s', async (content, reason) => {
    const name = file(content);
    const failing = gatherSettings({ preset, file: name });
    await expect(failing).rejects.toThrow(`${name}: expected a JSON object of settings`);
    await expect(failing).rejects.toThrow(reason);
  });

  it('names the file that is missing', async () => {
    await expect(gatherSettings({ preset, file: 'no/such.json' })).rejects.toThrow(
      'no/such.json: expected a file of settings, got no such file or folder (ENOENT); check the path',
    );
  });
});
