import type { Picture } from '../protocol';
import { find } from './dom';
import { paint } from './picture';

/** Two pictures over each other, with a slider between before and after. */
export class Compare {
  private readonly before: HTMLCanvasElement;
  private readonly after: HTMLCanvasElement;
  private readonly slider: HTMLInputElement;

  constructor(private readonly root: HTMLElement) {
    root.classList.add('compare');
    root.innerHTML = `
      <div class="layers">
        <canvas class="overlay" role="img" aria-label="Before registration, fixed blue, moving orange"></canvas>
        <canvas class="overlay after" role="img" aria-label="After registration, fixed blue, moving orange"></canvas>
      </div>
      <label class="slider"><span>before</span><input type="range" min="0" max="100" value="50" aria-label="From before to after" /><span>after</span></label>`;
    this.before = find<HTMLCanvasElement>(root, 'canvas');
    this.after = find<HTMLCanvasElement>(root, '.after');
    this.slider = find<HTMLInputElement>(root, 'input');
    this.slider.oninput = () => root.style.setProperty('--cut', `${100 - Number(this.slider.value)}%`);
    root.style.setProperty('--cut', '50%');
  }

  /** Without `after` the pair is as it is given. */
  show(before: Picture, after?: Picture): void {
    paint(this.before, before);
    this.after.hidden = !after;
    this.root.dataset.compare = after ? 'yes' : 'no';
    if (after) paint(this.after, after);
  }
}
