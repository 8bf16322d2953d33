import { find } from './dom';

/** A place for one scan: drop it, or choose it. */
export class DropZone {
  private chosen: File | undefined;

  constructor(
    root: HTMLElement,
    private readonly label: string,
    testId: string,
    private readonly onChange: () => void,
  ) {
    root.innerHTML = `<label class="drop" data-testid="${testId}"><strong>${label}</strong>
      <span>Drop a <code>.nii</code> or <code>.nii.gz</code> file, or choose one</span>
      <input type="file" accept=".nii,.gz" aria-label="${label} scan" /></label>`;
    const zone = find(root, '.drop');
    const input = find<HTMLInputElement>(root, 'input');
    input.onchange = () => this.take(zone, input.files?.[0]);
    zone.ondragover = (event) => {
      event.preventDefault();
      zone.dataset.over = 'yes';
    };
    zone.ondragleave = () => delete zone.dataset.over;
    zone.ondrop = (event) => {
      event.preventDefault();
      delete zone.dataset.over;
      this.take(zone, event.dataTransfer?.files[0]);
    };
  }

  get file(): File | undefined {
    return this.chosen;
  }

  private take(zone: HTMLElement, file: File | undefined): void {
    if (!file) return;
    this.chosen = file;
    find(zone, 'strong').textContent = this.label;
    find(zone, 'span').textContent = `${file.name}, ${(file.size / 1e6).toFixed(1)} MB`;
    this.onChange();
  }
}
