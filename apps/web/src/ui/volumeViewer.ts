import { Niivue, NVImage, SHOW_RENDER, SLICE_TYPE } from '@niivue/niivue';
import type { Shown } from './viewer';

export type View = 'render' | 'planes';

/** niivue with scans in the report's inks. */
export interface VolumeViewer {
  /** Loads scans in place of those before. */
  load(scans: readonly Shown[]): Promise<void>;
  /** @param visible one for each scan */
  display(view: View, visible: readonly boolean[]): void;
}

const INKS = { fixed: [38, 98, 217], moving: [242, 121, 40], warped: [242, 121, 40] } as const;
/** The same in the dark, light on black. */
const LIGHTS = { fixed: [110, 160, 255], moving: [255, 160, 80], warped: [255, 160, 80] } as const;
const OPACITY = 0.85;
/** Values below it, in [0, 1], are air. */
const LEAST = 0.25;

/** @throws Error when there is no WebGL 2 */
export async function openVolumeViewer(canvas: HTMLCanvasElement): Promise<VolumeViewer> {
  if (!document.createElement('canvas').getContext('webgl2')) throw new Error('no WebGL 2');
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const viewer = new Niivue({
    backColor: dark ? [0.012, 0.012, 0.016, 1] : [0.988, 0.988, 0.984, 1],
    crosshairWidth: 0,
    isOrientCube: false,
    isOrientationTextVisible: false,
    show3Dcrosshair: false,
    multiplanarShowRender: SHOW_RENDER.NEVER,
    dragAndDropEnabled: false,
    logLevel: 'error',
    loadingText: '',
  });
  for (const [name, ink] of Object.entries<readonly number[]>(dark ? LIGHTS : INKS)) {
    const [R, G, B] = ink.map((value) => [value, value, value]);
    viewer.addColormap(name, { R, G, B, A: [0, 128, 255], I: [0, 128, 255] });
  }
  await viewer.attachToCanvas(canvas);
  return {
    async load(scans) {
      for (const volume of [...viewer.volumes]) viewer.removeVolume(volume);
      for (const { name, file } of scans) {
        const volume = await NVImage.loadFromFile({
          file,
          name: file.name,
          colormap: name,
          opacity: OPACITY,
          cal_min: LEAST,
          cal_max: 1,
        });
        viewer.addVolume(volume);
      }
    },
    display(view, visible) {
      visible.forEach((is, n) => n < viewer.volumes.length && viewer.setOpacity(n, is ? OPACITY : 0));
      viewer.setSliceType(view === 'render' ? SLICE_TYPE.RENDER : SLICE_TYPE.MULTIPLANAR);
    },
  };
}
