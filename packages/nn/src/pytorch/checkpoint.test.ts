import { checkpoint, golden } from '@paired3d/oracle';
import fc from 'fast-check';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../hostTensor';
import { decodePytorch } from './checkpoint';
import { PytorchError } from './errors';
import { pickleOf, storedZip } from './testing';

const values = (tensor: HostTensor | undefined) => Array.from(tensor!.data as ArrayLike<number | bigint>);

describe.each(['kinds', 'kinds-protocol4'])('%s.pth, as torch.save wrote it', (file) => {
  const tensors = decodePytorch(checkpoint(file));

  it('gives every type, widened where there is none of ours', () => {
    const wanted: Record<string, [HostTensor['dtype'], number[], (number | bigint)[]]> = {
      scalar: ['F32', [], [2.5]],
      parameter: ['F32', [2], [1.5, -2]],
      half: ['F16', [3], [0x3555, 0x7bff, 0x0001]],
      bfloat16: ['F32', [2], [1.5, -3]],
      double: ['F32', [1], [Math.fround(0.1)]],
      long: ['I64', [2], [2n ** 40n, -1n]],
      int: ['I32', [1], [-(2 ** 31)]],
      short: ['I16', [1], [-300]],
      byte: ['U8', [1], [255]],
      bool: ['U8', [2], [1, 0]],
      empty: ['F32', [0, 3], []],
      expanded: ['F32', [1, 1], [1]],
    };
    for (const [name, [dtype, shape, data]] of Object.entries(wanted)) {
      expect(tensors.get(name), name).toMatchObject({ dtype, shape });
      expect(values(tensors.get(name)), name).toEqual(data);
    }
    // No tensors, no names.
    for (const name of ['epoch', 'name', 'rate', 'none']) expect(tensors.has(name)).toBe(false);
  });

  it('gives views, other strides and nested lists', () => {
    const at = (i: number, j: number, k: number) => (12 * i + 4 * j + k) / 8;
    const [i, j, k] = [
      [0, 1],
      [0, 1, 2],
      [0, 1, 2, 3],
    ];
    expect(values(tensors.get('nested.0.row'))).toEqual(k.map((c) => at(1, 2, c)));
    expect(tensors.get('nested.1.0')!.shape).toEqual([4, 2, 3]);
    expect(values(tensors.get('nested.1.0'))).toEqual(k.flatMap((c) => i.flatMap((a) => j.map((b) => at(a, b, c)))));
    expect(tensors.get('nested.1.1')!.shape).toEqual([2, 2, 4]);
    expect(values(tensors.get('nested.1.1'))).toEqual(
      i.flatMap((a) => [0, 2].flatMap((b) => k.map((c) => at(a, b, c)))),
    );
    // Views share the storage's memory.
    expect(tensors.get('nested.0.row')!.data.buffer).toBe(tensors.get('nested.0.whole')!.data.buffer);
  });
});

it('leaves the prefixes of torch.compile out', () => {
  const names = [...decodePytorch(checkpoint('denoiser-f16')).keys()];
  expect(names.sort()).toEqual([...golden('denoiser').below('weight').keys()].sort());
});

const data = process.env.PAIRED3D_DATA;
const tokens = data && path.join(data, 'tokens/paper_vqae_tokens_97.pth');
it.skipIf(!tokens || !existsSync(tokens))('reads the published tokens: 97 lists of 3328', () => {
  const items = [...decodePytorch(readFileSync(tokens!)).values()];
  expect(items).toHaveLength(97);
  for (const item of items) expect(item).toMatchObject({ dtype: 'I16', shape: [3328] });
  expect(new Set(items.flatMap((item) => [...(item.data as Int16Array)])).size).toBe(72);
});

/** Runs a reader on damaged bytes: a typed error, or tensors all the same. */
function survives(bytes: Uint8Array): boolean {
  try {
    decodePytorch(bytes);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(PytorchError);
    return false;
  }
}

describe('a damaged file', () => {
  const bytes = checkpoint('kinds');

  it('is refused when truncated, wherever', () => {
    for (let length = 0; length < bytes.length; length += 13) expect(survives(bytes.subarray(0, length))).toBe(false);
  });

  it('is refused when a bit of its content is wrong, and never fails otherwise', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const damaged = bytes.slice();
        damaged[at] ^= 1 << bit;
        if (survives(damaged)) accepted++;
      }),
      { numRuns: 1000 },
    );
    // Zip files have fields that nothing depends on, such as times and the padding before the data.
    expect(accepted).toBeLessThan(1000);
  });

  it('whose pickle is mutated gives a typed error or tensors', () => {
    const entries = readEntries(bytes);
    const pickle = entries.find(([name]) => name.endsWith('data.pkl'))![1];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(pickle.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const mutated = pickle.slice();
          for (const [at, value] of changes) mutated[at] = value;
          survives(storedZip(entries.map(([name, content]) => [name, name.endsWith('data.pkl') ? mutated : content])));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

function readEntries(bytes: Uint8Array): [string, Uint8Array][] {
  const names = ['data.pkl', ...Array.from({ length: 20 }, (_, i) => `data/${i}`)];
  const text = new TextDecoder('latin1').decode(bytes);
  return names.flatMap((name): [string, Uint8Array][] => {
    // Local header, name, extra field, content.
    const at = text.indexOf(`kinds/${name}`) - 30;
    if (at < 0) return [];
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
    const directory = text.lastIndexOf(`kinds/${name}`) - 46;
    return [[`kinds/${name}`, bytes.slice(start, start + view.getUint32(directory + 24, true))]];
  });
}

describe('a hostile file', () => {
  const read = (...pickle: (string | number)[]) => decodePytorch(storedZip([['x/data.pkl', pickleOf(...pickle)]]));

  it('names no class or function but those of tensors', () => {
    for (const name of ['posix\nsystem', 'builtins\neval', 'torch\nload', '__builtin__\ngetattr', 'torch\n__class__']) {
      const call = () => read(`c${name}\n`, '(X', 2, 0, 0, 0, 'id', 'tR.');
      expect(call).toThrow(PytorchError);
      expect(call).toThrow(name.replace('\n', '.'));
    }
  });

  it.each<[string, (string | number)[]]>([
    ['takes from an empty stack', ['R.']],
    ['calls what is no function', [']]R.']],
    ['calls a storage', ['ctorch\nFloatStorage\n', ')R.']],
    ['refers to a memo that is not there', ['h', 9, '.']],
    ['appends to a number', ['K', 1, 'K', 2, 'a.']],
    ['builds attributes of a list', [']]b.']],
    ['uses an opcode for other objects', ['i']],
    ['announces a text longer than the file', ['X', 255, 255, 255, 255, '.']],
    ['ends without a stop', [']']],
    [
      'refers to a storage that is not there',
      ['(X', 7, 0, 0, 0, 'storagectorch\nFloatStorage\n', 'X', 1, 0, 0, 0, '0', 'NK', 1, 'tQ.'],
    ],
    ['contains itself', [']q', 0, 'h', 0, 'a.']],
  ])('that %s is refused', (_, pickle) => {
    expect(() => read(...pickle)).toThrow(PytorchError);
  });

  it('cannot grow by lists in lists, referred to many times', () => {
    // [[[…], […]], [[…], […]]]: 2^30 paths to one list.
    const doubled = Array.from({ length: 30 }, (_, i) => [']q', i + 1, '(h', i, 'h', i, 'e']).flat();
    expect(() => read(']q', 0, ...doubled, '.')).toThrow('at most 1000000 values');
  });

  it('cannot make a large tensor of a small storage', () => {
    const storage = ['(X', 7, 0, 0, 0, 'storagectorch\nByteStorage\n', 'X', 1, 0, 0, 0, '0', 'NK', 1, 'tQ'];
    // Shape [2^30], stride 0.
    const pickle = [
      'ctorch._utils\n_rebuild_tensor_v2\n(',
      ...storage,
      'K',
      0,
      'J',
      0,
      0,
      0,
      64,
      0x85,
      'K',
      0,
      0x85,
      'tR.',
    ];
    const file = storedZip([
      ['x/data.pkl', pickleOf(...pickle)],
      ['x/data/0', Uint8Array.of(1)],
    ]);
    expect(() => decodePytorch(file)).toThrow('at most 1 elements, its storage');
  });

  it('is not inflated: compressed entries are refused', () => {
    expect(() => decodePytorch(storedZip([['x/data.pkl', new Uint8Array(10)]], { method: 8 }))).toThrow(
      "'x/data.pkl': expected a stored entry, as torch.save writes it, got compressed by method 8",
    );
  });

  it('cannot list one entry many times over', () => {
    const entries = Array.from({ length: 50 }, (_, i): [string, Uint8Array] => [`x/${i}`, new Uint8Array(1000)]);
    expect(() => decodePytorch(storedZip(entries, { overlap: true }))).toThrow('entries that do not overlap');
  });

  it('of the old format is told how to be saved again', () => {
    expect(() => decodePytorch(Uint8Array.of(0x80, 2, 0x8a, 10))).toThrow('PyTorch 1.6 or later');
  });
});
