import type { Picture } from '../protocol';

/** Paints a picture on a canvas, which takes its size. */
export function paint(canvas: HTMLCanvasElement, { width, height, data }: Picture): void {
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  canvas.getContext('2d')!.putImageData(new ImageData(data as Uint8ClampedArray<ArrayBuffer>, width, height), 0, 0);
}
