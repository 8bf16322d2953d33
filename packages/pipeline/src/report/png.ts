import { encode } from 'fast-png';
import type { RgbaImage } from './projection';

/** Encodes a picture as PNG; without its alpha channel when every pixel is opaque. */
export function encodePng(image: RgbaImage): Uint8Array {
  const { width, height, data } = image;
  let opaque = true;
  for (let at = 3; at < data.length && opaque; at += 4) opaque = data[at] === 255;
  if (!opaque) return encode({ width, height, channels: 4, data });
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    rgb.set(data.subarray(pixel * 4, pixel * 4 + 3), pixel * 3);
  }
  return encode({ width, height, channels: 3, data: rgb });
}

/** The picture as a `data:image/png;base64,…` address, to embed in a page that must not load anything. */
export function pngDataUri(image: RgbaImage): string {
  const bytes = encodePng(image);
  let binary = '';
  // Spreading a whole picture over the arguments of one call overflows the stack.
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return `data:image/png;base64,${btoa(binary)}`;
}
