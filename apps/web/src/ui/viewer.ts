import { find } from './dom';
import type { View, VolumeViewer } from './volumeViewer';

/** A scan to show, in one of the two inks. */
export interface Shown {
  readonly name: 'fixed' | 'moving' | 'warped';
  readonly label: string;
  readonly file: File;
}

const VIEWS: readonly (readonly [View, string])[] = [
  ['render', '3D'],
  ['planes', 'Planes'],
];

/** A frame around niivue, which is loaded when the first scans are shown. Without WebGL 2 it says so. */
export class Viewer {
  private viewer: Promise<VolumeViewer> | undefined;
  private shown: readonly Shown[] = [];

  constructor(private readonly root: HTMLElement) {
    root.classList.add('viewer');
    root.hidden = true;
  }

  /** Shows scans over each other; a person can hide each of them. */
  async show(scans: readonly Shown[], hidden: readonly string[] = []): Promise<void> {
    this.shown = scans;
    this.root.hidden = false;
    if (!this.viewer) this.build();
    const box = find(this.root, '.scans');
    box.replaceChildren(
      ...scans.map(({ name, label }) => {
        const item = document.createElement('label');
        const input = Object.assign(document.createElement('input'), {
          type: 'checkbox',
          value: name,
          checked: !hidden.includes(name),
        });
        input.onchange = () => void this.refresh();
        const swatch = Object.assign(document.createElement('span'), { className: `swatch ${name}` });
        item.append(input, swatch, label);
        return item;
      }),
    );
    const note = find(this.root, '.note');
    note.textContent = 'Loading the viewer …';
    try {
      const viewer = await this.viewer!;
      await viewer.load(scans);
      await this.refresh();
      note.textContent = 'Drag to turn; scroll to zoom or to move through slices.';
      this.root.dataset.ready = 'yes';
    } catch (error) {
      find(this.root, 'canvas').hidden = true;
      const reason = error instanceof Error ? error.message : String(error);
      note.textContent = `The 3D view does not work here (${reason}); pictures and downloads do.`;
    }
  }

  private build(): void {
    this.root.innerHTML = `
      <div class="toolbar">
        <div class="segments" role="group" aria-label="View">${VIEWS.map(
          ([view, text], n) => `<button type="button" value="${view}" aria-pressed="${n === 0}">${text}</button>`,
        ).join('')}</div>
        <div class="scans" role="group" aria-label="Scans shown"></div>
      </div>
      <div class="frame"><canvas tabindex="0" aria-label="Volumes in 3D; the pictures beside it show the same" role="img"></canvas></div>
      <p class="note" aria-live="polite"></p>`;
    this.viewer = import('./volumeViewer').then(({ openVolumeViewer }) => openVolumeViewer(find(this.root, 'canvas')));
    this.viewer.catch(() => {});
    const buttons = [...this.root.querySelectorAll<HTMLButtonElement>('.segments button')];
    for (const button of buttons) {
      button.onclick = () => {
        for (const one of buttons) one.setAttribute('aria-pressed', String(one === button));
        void this.refresh();
      };
    }
  }

  private async refresh(): Promise<void> {
    const viewer = await this.viewer!;
    const view = find<HTMLButtonElement>(this.root, '.segments [aria-pressed=true]').value as View;
    const checked = [...this.root.querySelectorAll<HTMLInputElement>('.scans input')].map((input) => input.checked);
    viewer.display(
      view,
      this.shown.map((_, n) => checked[n] ?? true),
    );
  }
}
