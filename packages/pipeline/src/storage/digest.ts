/** Bytes of a SHA-256 digest. */
export const DIGEST_LENGTH = 32;

/** SHA-256 of the bytes, by WebCrypto (in browsers: pages served by https or from localhost). */
export async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
}

/** {@link sha256} as 64 lower-case hexadecimal digits. */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  return Array.from(await sha256(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The bytes followed by their SHA-256: a file that can tell by itself whether it is whole. */
export async function seal(bytes: Uint8Array): Promise<Uint8Array> {
  const sealed = new Uint8Array(bytes.length + DIGEST_LENGTH);
  sealed.set(bytes);
  sealed.set(await sha256(bytes), bytes.length);
  return sealed;
}

/** What {@link seal} was given, or undefined when a bit differs, or bytes are missing or too many. */
export async function unseal(sealed: Uint8Array): Promise<Uint8Array | undefined> {
  if (sealed.length < DIGEST_LENGTH) return undefined;
  const bytes = sealed.subarray(0, sealed.length - DIGEST_LENGTH);
  const stored = sealed.subarray(sealed.length - DIGEST_LENGTH);
  const actual = await sha256(bytes);
  return actual.every((byte, i) => byte === stored[i]) ? bytes : undefined;
}
