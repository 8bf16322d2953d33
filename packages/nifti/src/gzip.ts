import { FlateErrorCode, Gunzip, gzipSync as fflateGzip } from 'fflate';
import { NiftiError } from './errors';

/** The part of Node's zlib that is used here. Asked of the running process, so that browsers can bundle this package. */
interface NodeZlib {
  gunzip(
    bytes: Uint8Array,
    options: { maxOutputLength: number; chunkSize: number },
    done: (error: (Error & { code?: string }) | null, result: Uint8Array) => void,
  ): void;
  gzipSync(bytes: Uint8Array): Uint8Array;
}

/** A push of this many compressed bytes grows to 16 MB at most, which bounds what a bomb can cost. */
const PUSH = 1 << 14;

/** Node's zlib, or undefined in a browser. */
export function nodeZlib(): NodeZlib | undefined {
  const host = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  return host.process?.getBuiltinModule?.('node:zlib') as NodeZlib | undefined;
}

/** Whether the bytes start as a gzip file does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length > 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** gzip without a time stamp, so that equal volumes give equal files. */
export function gzip(bytes: Uint8Array, zlib = nodeZlib()): Uint8Array {
  return zlib ? new Uint8Array(zlib.gzipSync(bytes)) : fflateGzip(bytes, { mtime: 0 });
}

/**
 * The first bytes of what a gzip file holds: at least `count`, fewer only if it holds no more.
 * @throws NiftiError when the beginning is damaged
 */
export function gunzipHead(bytes: Uint8Array, count: number, file: string): Uint8Array {
  const parts: Uint8Array[] = [];
  let total = 0;
  try {
    const stream = new Gunzip((part) => {
      parts.push(part);
      total += part.length;
    });
    const step = 1024;
    for (let at = 0; at < bytes.length && total < count; at += step) stream.push(bytes.subarray(at, at + step), false);
  } catch (cause) {
    throw damaged(file, cause);
  }
  return concatenate(parts, total);
}

/**
 * Everything a gzip file (of one or several members) holds, checksums verified.
 * @param limit most bytes to produce: nothing beyond it is inflated
 * @throws NiftiError when the file is damaged or truncated, or holds more than `limit` bytes
 */
export async function gunzip(bytes: Uint8Array, limit: number, file: string, zlib = nodeZlib()): Promise<Uint8Array> {
  return zlib ? gunzipWithNode(zlib, bytes, limit, file) : gunzipStreaming(bytes, limit, file);
}

function gunzipWithNode(zlib: NodeZlib, bytes: Uint8Array, limit: number, file: string): Promise<Uint8Array> {
  const options = { maxOutputLength: limit, chunkSize: Math.max(64, Math.min(limit + 1, 1 << 20)) };
  return new Promise((resolve, reject) => {
    zlib.gunzip(bytes, options, (error, result) => {
      if (!error) resolve(result);
      else if (error.code === 'ERR_BUFFER_TOO_LARGE') reject(tooLong(file, limit, error));
      else reject(damaged(file, error));
    });
  });
}

/** fflate inflates only; the checksum and length that end each member are compared here. */
function gunzipStreaming(bytes: Uint8Array, limit: number, file: string): Uint8Array {
  const parts: Uint8Array[] = [];
  let total = 0;
  let crc = 0xffffffff;
  let length = 0;
  const endMember = (trailer: number): void => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (trailer < 10 || trailer + 8 > bytes.length) throw damaged(file, new Error('incomplete trailer'));
    if (view.getUint32(trailer, true) !== ~crc >>> 0) throw damaged(file, new Error('incorrect data check'));
    if (view.getUint32(trailer + 4, true) !== length >>> 0) throw damaged(file, new Error('incorrect length check'));
    crc = 0xffffffff;
    length = 0;
  };
  try {
    const stream = new Gunzip((part) => {
      total += part.length;
      if (total > limit) throw tooLong(file, limit);
      parts.push(part);
      length += part.length;
      crc = updateCrc(crc, part);
    });
    stream.onmember = (start) => endMember(start - 8);
    for (let at = 0; at < bytes.length; at += PUSH) {
      stream.push(bytes.subarray(at, at + PUSH), at + PUSH >= bytes.length);
    }
    endMember(bytes.length - 8);
  } catch (cause) {
    throw cause instanceof NiftiError ? cause : damaged(file, cause);
  }
  return concatenate(parts, total);
}

function concatenate(parts: readonly Uint8Array[], total: number): Uint8Array {
  const whole = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const CRC_TABLE = /* @__PURE__ */ Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** CRC-32 of RFC 1952, before the final complement. */
function updateCrc(crc: number, bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return crc;
}

/** zlib and fflate word their errors differently; ours read the same in Node and in browsers. */
function damaged(file: string, cause: unknown): NiftiError {
  const { code, message } = cause as { code?: unknown; message?: string };
  const early = code === 'Z_BUF_ERROR' || code === FlateErrorCode.UnexpectedEOF || message === 'incomplete trailer';
  return new NiftiError({
    file,
    field: 'gzip',
    expected: 'an intact gzip stream',
    got: early ? 'one that ends too early' : 'damaged data',
    advice: 'the file is cut short or damaged; copy it again',
    cause,
  });
}

function tooLong(file: string, limit: number, cause?: unknown): NiftiError {
  return new NiftiError({
    file,
    field: 'length',
    expected: `${limit} bytes after inflation, as the header says`,
    got: 'more',
    advice: 'the file is damaged; write it again with the program it came from',
    cause,
  });
}
