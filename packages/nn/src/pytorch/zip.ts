import { crc32 } from './crc32';
import { PytorchError } from './errors';

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
/** In a 32-bit field: the value is in the zip64 extra field. */
const ELSEWHERE = 0xffffffff;

/** Reads little-endian numbers, none from outside of the file. */
class Fields {
  private readonly view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @throws PytorchError when they are not all in the file */
  within(at: number, length: number): void {
    if (at >= 0 && length >= 0 && at + length <= this.bytes.length) return;
    throw new PytorchError('zip structure', `${length} bytes at ${at}`, `a file of ${this.bytes.length} bytes`);
  }

  u16(at: number): number {
    this.within(at, 2);
    return this.view.getUint16(at, true);
  }

  u32(at: number): number {
    this.within(at, 4);
    return this.view.getUint32(at, true);
  }

  u64(at: number): number {
    this.within(at, 8);
    return Number(this.view.getBigUint64(at, true));
  }

  signature(at: number, wanted: number, what: string): void {
    const got = this.u32(at);
    if (got !== wanted) throw new PytorchError(`zip ${what}`, `its signature at ${at}`, `0x${got.toString(16)}`);
  }
}

interface Entry {
  readonly name: string;
  readonly crc: number;
  readonly size: number;
  readonly local: number;
}

/**
 * The files in a zip file as `torch.save` writes it: stored, never compressed. Whatever is compressed is refused, so
 * that nothing can become larger than the file; checksums are verified. Contents are views of `bytes`.
 *
 * @throws PytorchError when the file is no zip file, damaged, or not of this kind
 */
export function readStoredZip(bytes: Uint8Array): Map<string, Uint8Array> {
  const fields = new Fields(bytes);
  const files = new Map<string, Uint8Array>();
  let total = 0;
  for (const { name, crc, size, local } of entriesOf(fields)) {
    fields.signature(local, LOCAL, `header of ${name}`);
    const start = local + 30 + fields.u16(local + 26) + fields.u16(local + 28);
    fields.within(start, size);
    // Entries that overlap would let a small file ask for endless work.
    total += size;
    if (total > bytes.length) throw new PytorchError('zip entries', 'entries that do not overlap', 'overlapping ones');
    if (files.has(name)) throw new PytorchError('zip entries', 'each name once', `'${name}' twice`);
    const content = bytes.subarray(start, start + size);
    if (crc32(content) !== crc)
      throw new PytorchError(`'${name}'`, 'content that matches its checksum', 'damaged data');
    files.set(name, content);
  }
  return files;
}

function entriesOf(fields: Fields): Entry[] {
  const { count, offset } = directoryOf(fields);
  const entries: Entry[] = [];
  let at = offset;
  for (let i = 0; i < count; i++) {
    fields.signature(at, ENTRY, `directory entry ${i}`);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => fields.u16(at + field));
    fields.within(at + 46, nameLength + extraLength);
    const name = new TextDecoder().decode(fields.bytes.subarray(at + 46, at + 46 + nameLength));
    const method = fields.u16(at + 10);
    if (method !== 0 || fields.u16(at + 8) & 1) {
      const got = method === 0 ? 'encrypted' : `compressed by method ${method}`;
      throw new PytorchError(`'${name}'`, 'a stored entry, as torch.save writes it', got);
    }
    const [packed, size, local] = sizesOf(fields, at, at + 46 + nameLength, extraLength);
    if (packed !== size) throw new PytorchError(`'${name}'`, 'equal sizes of a stored entry', `${packed} and ${size}`);
    entries.push({ name, crc: fields.u32(at + 16), size, local });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return entries;
}

/** Where the directory is and how many entries it has. */
function directoryOf(fields: Fields): { count: number; offset: number } {
  const last = fields.bytes.length - 22;
  for (let at = last; at >= Math.max(0, last - 0xffff); at--) {
    if (fields.u32(at) !== END) continue;
    if (at >= 20 && fields.u32(at - 20) === LOCATOR_64) {
      const end = fields.u64(at - 12);
      fields.signature(end, END_64, 'zip64 end');
      return { count: fields.u64(end + 32), offset: fields.u64(end + 48) };
    }
    return { count: fields.u16(at + 10), offset: fields.u32(at + 16) };
  }
  const advice = 'save it again with torch.save of PyTorch 1.6 or later, which writes zip files';
  throw new PytorchError('file', 'a zip file', 'none, or a truncated one', advice);
}

/** Packed size, size and local offset of the entry at `at`; those that do not fit 32 bits are in its zip64 field. */
function sizesOf(fields: Fields, at: number, extra: number, extraLength: number): number[] {
  const [packed, size, local] = [20, 24, 42].map((field) => fields.u32(at + field));
  let next = -1;
  for (let field = extra; field + 4 <= extra + extraLength; field += 4 + fields.u16(field + 2)) {
    if (fields.u16(field) === 1) next = field + 4;
  }
  const wide = (value: number): number => {
    if (value !== ELSEWHERE || next < 0) return value;
    next += 8;
    return fields.u64(next - 8);
  };
  // The order of the zip64 field: size, packed size, offset.
  const wideSize = wide(size);
  return [wide(packed), wideSize, wide(local)];
}
