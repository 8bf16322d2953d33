import { crc32 } from './crc32';

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A pickle of opcodes and arguments: texts as their bytes, numbers as one byte each. */
export function pickleOf(...parts: readonly (string | number)[]): Uint8Array {
  return Uint8Array.from([
    0x80,
    2,
    ...parts.flatMap((part) => (typeof part === 'number' ? [part] : [...bytesOf(part)])),
  ]);
}

/** A zip file of stored entries; `method` claims another one, `overlap` lets all share the first one's content. */
export function storedZip(
  entries: readonly (readonly [name: string, content: Uint8Array])[],
  { method = 0, overlap = false } = {},
): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [index, [name, content]] of entries.entries()) {
    const fields = [
      ...u16(0),
      ...u16(method),
      ...u32(0),
      ...u32(crc32(content)),
      ...u32(content.length),
      ...u32(content.length),
    ];
    const sizes = [...u16(bytesOf(name).length), ...u16(0)];
    const local = overlap ? 0 : offset;
    if (!overlap || index === 0) {
      parts.push(Uint8Array.from([...u32(0x04034b50), ...u16(20), ...fields, ...sizes]), bytesOf(name), content);
      offset += 30 + bytesOf(name).length + content.length;
    }
    const head = [
      ...u32(0x02014b50),
      ...u16(20),
      ...u16(20),
      ...fields,
      ...sizes,
      ...u16(0),
      ...u16(0),
      ...u16(0),
      ...u32(0),
    ];
    directory.push(Uint8Array.from([...head, ...u32(local)]), bytesOf(name));
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const count = u16(entries.length);
  const end = [...u32(0x06054b50), ...u32(0), ...count, ...count, ...u32(size), ...u32(offset), ...u16(0)];
  return concatenated([...parts, ...directory, Uint8Array.from(end)]);
}

const u16 = (n: number) => [n & 255, n >>> 8];
const u32 = (n: number) => [...u16(n & 0xffff), ...u16(n >>> 16)];

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
