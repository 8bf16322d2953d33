import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SafetensorsError } from './errors';
import type { DType, HostTensor } from './hostTensor';
import { decodeSafetensors, encodeSafetensors } from './safetensors';

const samples: Record<DType, HostTensor['data']> = {
  F32: Float32Array.of(1.5, -0, NaN, Infinity, 1e-40, 3),
  F16: Uint16Array.of(0x3c00, 0x8000, 0x7c00, 0xffff, 0, 1),
  I64: BigInt64Array.of(0n, -1n, 2n ** 62n, -(2n ** 63n), 5n, 6n),
  I32: Int32Array.of(0, -1, 2 ** 31 - 1, -(2 ** 31), 5, 6),
  I16: Int16Array.of(0, -1, 32767, -32768, 5, 6),
  U8: Uint8Array.of(0, 255, 2, 3, 4, 5),
};

const all = () =>
  new Map<string, HostTensor>(
    (Object.keys(samples) as DType[]).map((dtype) => [`t.${dtype}`, { dtype, shape: [2, 3], data: samples[dtype] }]),
  );

const bytesOf = ({ buffer, byteOffset, byteLength }: HostTensor['data']) =>
  Array.from(new Uint8Array(buffer, byteOffset, byteLength));

function expectEqual(actual: Map<string, HostTensor>, expected: Map<string, HostTensor>): void {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, { dtype, shape, data }] of expected) {
    const tensor = actual.get(name)!;
    expect([tensor.dtype, tensor.shape]).toEqual([dtype, shape]);
    expect(tensor.data.constructor).toBe(data.constructor);
    expect(bytesOf(tensor.data)).toEqual(bytesOf(data));
  }
}

/** A file from a header of one's own. */
function file(header: unknown, data: ArrayLike<number> = []): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

describe('safetensors', () => {
  it('is read from a Buffer, whose memory begins elsewhere', () => {
    const buffer = Buffer.concat([Buffer.from('before'), encodeSafetensors(all())]).subarray(6);
    expectEqual(decodeSafetensors(buffer).tensors, all());
  });

  it('restores every type bit for bit, and the metadata', () => {
    const { tensors, metadata } = decodeSafetensors(encodeSafetensors(all(), { format: 'pt', note: 'ü' }));
    expectEqual(tensors, all());
    expect(metadata).toEqual({ format: 'pt', note: 'ü' });
  });

  it('restores scalars, empty tensors, and a file without tensors', () => {
    const tensors = new Map<string, HostTensor>([
      ['scalar', { dtype: 'I32', shape: [], data: Int32Array.of(7) }],
      ['empty', { dtype: 'F32', shape: [3, 0], data: new Float32Array(0) }],
      ['empty too', { dtype: 'U8', shape: [0], data: new Uint8Array(0) }],
    ]);
    expectEqual(decodeSafetensors(encodeSafetensors(tensors)).tensors, tensors);
    expect(decodeSafetensors(encodeSafetensors(new Map()))).toEqual({ tensors: new Map(), metadata: {} });
  });

  it('writes the format as it is defined: u64 length, JSON padded to 8 bytes, aligned data without holes', () => {
    const bytes = encodeSafetensors(all(), { format: 'pt' });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const json = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    expect(json[0]).toBe('{');
    const { __metadata__: metadata, ...entries } = JSON.parse(json) as Record<
      string,
      { dtype: DType; shape: number[]; data_offsets: [number, number] }
    >;
    expect(metadata).toEqual({ format: 'pt' });
    const data = bytes.subarray(8 + length);
    let end = 0;
    for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(entries)) {
      const { data: expected } = all().get(name)!;
      expect(shape).toEqual([2, 3]);
      expect(name).toBe(`t.${dtype}`);
      expect(offsets[0]).toBe(end);
      expect(offsets[0] % expected.BYTES_PER_ELEMENT).toBe(0);
      end = offsets[1];
      expect(Array.from(data.subarray(...offsets))).toEqual(bytesOf(expected));
    }
    expect(end).toBe(data.length);
  });

  it('reads a file written by hand, whatever the order in its header', () => {
    const header = {
      b: { dtype: 'U8', shape: [1], data_offsets: [2, 3] },
      a: { dtype: 'I16', shape: [1, 1], data_offsets: [0, 2] },
    };
    const { tensors } = decodeSafetensors(file(header, [0xfe, 0xff, 9]));
    expect(tensors.get('a')!.data).toEqual(Int16Array.of(-2));
    expect(tensors.get('b')!.data).toEqual(Uint8Array.of(9));
  });

  it('reads from any address, and gives copies', () => {
    const bytes = encodeSafetensors(all());
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const { tensors } = decodeSafetensors(shifted.subarray(3));
    shifted.fill(0);
    expectEqual(tensors, all());
  });

  it('restores any tensors under any names', () => {
    const tensor = fc.tuple(
      fc.constantFrom(...(Object.keys(samples) as DType[])),
      fc.array(fc.nat(4), { maxLength: 4 }),
      fc.infiniteStream(fc.nat(255)),
    );
    const names = ['__proto__', 'constructor', '1', '0', 'a"b', ''];
    const name = fc.oneof(fc.constantFrom(...names), fc.string({ unit: 'binary', maxLength: 8 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, tensor), { maxLength: 6 }), (list) => {
        const tensors = new Map<string, HostTensor>();
        for (const [key, [dtype, shape, stream]] of list) {
          const Type = samples[dtype].constructor as Uint8ArrayConstructor;
          const size = shape.reduce((a, b) => a * b, 1);
          const bytes = Uint8Array.from({ length: size * Type.BYTES_PER_ELEMENT }, () => stream.next().value as number);
          tensors.set(key, { dtype, shape, data: new Type(bytes.buffer) });
        }
        expectEqual(decodeSafetensors(encodeSafetensors(tensors)).tensors, tensors);
      }),
      { numRuns: 200, seed: 1 },
    );
  });
});

describe('a safetensors file that is wrong', () => {
  const entry = (changes: object) => ({ a: { dtype: 'U8', shape: [2], data_offsets: [0, 2], ...changes } });
  const cases: [string, Uint8Array, RegExp][] = [
    ['fewer bytes than a length', new Uint8Array(7), /^safetensors size: expected at least 8 bytes, got 7/],
    ['header longer than the file', file('{}').fill(99, 0, 1), /header length: expected at most 2, got 99/],
    ['header length beyond all bounds', file('{}').fill(255, 0, 8), /header length/],
    ['not JSON', file('{"a": '), /header: expected JSON, got something else/],
    ['not UTF-8', file('{"a":1}').fill(0xff, 10, 11), /header: expected JSON/],
    ['a list', file('[]'), /header: expected a JSON object/],
    ['null', file('null'), /header: expected a JSON object/],
    ['an entry that is no object', file({ a: null }), /'a' dtype/],
    ['an entry that is a number', file({ a: 3 }), /'a' dtype/],
    ['unknown type', file(entry({ dtype: 'BF16' }), [1, 2]), /'a' dtype: expected one of F32, .*got BF16/],
    ['a type named like a method', file(entry({ dtype: 'toString' }), [1, 2]), /'a' dtype/],
    ['a type that is no text', file(entry({ dtype: ['U8'] }), [1, 2]), /'a' dtype/],
    ['no shape', file(entry({ shape: undefined }), [1, 2]), /'a' shape/],
    ['a negative shape', file(entry({ shape: [-2] }), [1, 2]), /'a' shape/],
    ['a fractional shape', file(entry({ shape: [1.5] }), [1, 2]), /'a' shape/],
    ['no offsets', file(entry({ data_offsets: [0] }), [1, 2]), /'a' data_offsets: expected two natural numbers/],
    ['offsets that do not fit the shape', file(entry({ data_offsets: [0, 1] }), [1, 2]), /expected 2 bytes, got 1/],
    ['offsets in reverse', file(entry({ data_offsets: [2, 0] }), [1, 2]), /expected 2 bytes, got -2/],
    ['an overflowing shape', file(entry({ shape: [2 ** 52, 2 ** 52, 2 ** 52] }), [1, 2]), /'a' data_offsets/],
    ['truncated data', file(entry({}), [1]), /'a' data_offsets: expected an end within 1, got 2/],
    ['trailing bytes', file(entry({}), [1, 2, 3]), /size: expected 2 bytes of data, got 3/],
    ['data without tensors', file({}, [1]), /size: expected 0 bytes of data, got 1/],
    ['a hole', file(entry({ data_offsets: [1, 3] }), [1, 2, 3]), /'a' data_offsets: expected a start at 0, got 1/],
    [
      'an overlap',
      file({ ...entry({}), b: { dtype: 'U8', shape: [2], data_offsets: [1, 3] } }, [1, 2, 3]),
      /'b' data_offsets: expected a start at 2, got 1/,
    ],
    ['metadata that is no object', file({ __metadata__: [] }), /__metadata__: expected an object of texts/],
    ['metadata that holds other than text', file({ __metadata__: { a: 1 } }), /__metadata__/],
  ];

  it.each(cases)('%s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(SafetensorsError);
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });

  it('cut anywhere', () => {
    const bytes = encodeSafetensors(all(), { format: 'pt' });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeSafetensors(bytes.subarray(0, length)), `${length} bytes`).toThrow(SafetensorsError);
    }
  });

  it('with any bytes changed is read or refused with a typed error', () => {
    const bytes = encodeSafetensors(all(), { format: 'pt' });
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const damaged = bytes.slice();
        for (const [position, value] of changes) damaged[position] = value;
        try {
          decodeSafetensors(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(SafetensorsError);
        }
      }),
      { numRuns: 3000, seed: 1 },
    );
  });

  it('is not written: counts and types of elements are checked', () => {
    const write = (tensor: HostTensor, name = 'a') => encodeSafetensors(new Map([[name, tensor]]));
    const data = new Float32Array(3);
    expect(() => write({ dtype: 'F32', shape: [2], data })).toThrow("'a': expected 2 elements for shape [2], got 3");
    expect(() => write({ dtype: 'I32', shape: [3], data })).toThrow(
      "'a': expected Int32Array for I32, got Float32Array",
    );
    expect(() => write({ dtype: 'F32', shape: [3], data }, '__metadata__')).toThrow(SafetensorsError);
  });
});
