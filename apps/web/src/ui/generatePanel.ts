import type { SampleOrder } from '@paired3d/absorbing-diffusion';
import type { Actions } from '../actions';
import { seconds } from '../eta';
import type { GenerateInput } from '../protocol';
import type { Store } from '../state';
import { find, save } from './dom';
import { paint } from './picture';
import { revealed, tokenPicture } from './tokenGrid';
import { Viewer } from './viewer';

const KEY =
  '<ul class="key"><li><span class="swatch fixed"></span>fixed</li><li><span class="swatch moving"></span>moving</li>' +
  '<li><span class="swatch mixed"></span>both</li></ul>';

/** Settings, the token grid as it fills, the pair as it emerges, and both scans in 3D. */
export function mountGeneratePanel(root: HTMLElement, store: Store, actions: Actions): void {
  root.innerHTML = `
    <h2 id="generate-title">Generate a pair</h2>
    <p class="lead">Absorbing diffusion: all tokens are masked at first; each step reveals some of them, given the others.</p>
    <div class="bench">
      <form class="controls" aria-label="Settings of the generation">
        <label for="seed">Seed</label>
        <div class="with-button">
          <input id="seed" name="seed" type="number" min="0" max="4294967295" step="1" value="1" required data-testid="seed" />
          <button type="button" class="dice" title="Another seed" aria-label="Another seed">↻</button>
        </div>
        <label for="steps">Steps <output>24</output></label>
        <input id="steps" name="steps" type="range" min="1" max="64" step="1" value="24" />
        <label for="temperature">Temperature <output>0.9</output></label>
        <input id="temperature" name="temperature" type="range" min="0.5" max="1.5" step="0.05" value="0.9" />
        <label for="order">Order</label>
        <select id="order" name="order">
          <option value="random">random, as published</option><option value="confidence">surest first, often near empty</option>
        </select>
        <button class="primary" data-testid="generate">Generate</button>
        <p class="note">The same seed and settings give the same pair on every machine with WebAssembly.</p>
      </form>
      <figure class="tokens">
        <canvas class="overlay" role="img" aria-label="Token grid: slices from front to back" data-testid="tokens"></canvas>
        <figcaption data-testid="token-count">Tokens, slice by slice from front to back</figcaption>
      </figure>
      <figure class="emerging">
        <canvas class="overlay" role="img" aria-label="Coronal projection of the pair, fixed blue, moving orange" width="384" height="384"></canvas>
        <figcaption>Coronal projection${KEY}</figcaption>
      </figure>
    </div>
    <div class="result" hidden>
      <div class="view"></div>
      <div class="aside">
        <figure><canvas class="overlay sagittal" role="img" aria-label="Sagittal projection of the pair, fixed blue, moving orange"></canvas>
        <figcaption>Sagittal projection</figcaption></figure>
        <div class="buttons">
          <button type="button" data-testid="download-fixed">Download fixed</button>
          <button type="button" data-testid="download-moving">Download moving</button>
        </div>
        <p class="note">NIfTI. Tokens <code class="hash" data-testid="token-hash"></code></p>
      </div>
    </div>`;
  const form = find<HTMLFormElement>(root, 'form');
  const button = find<HTMLButtonElement>(root, '.primary');
  const seed = find<HTMLInputElement>(root, '#seed');
  const [tokens, emerging] = ['.tokens canvas', '.emerging canvas'].map((at) => find<HTMLCanvasElement>(root, at));
  const viewer = new Viewer(find(root, '.view'));
  for (const range of root.querySelectorAll<HTMLInputElement>('input[type=range]')) {
    range.oninput = () => (find(root, `label[for=${range.id}] output`).textContent = range.value);
  }
  find(root, '.dice').onclick = () => (seed.value = String(crypto.getRandomValues(new Uint16Array(1))[0]));
  form.onsubmit = (event) => {
    event.preventDefault();
    void actions.generate(settingsOf(new FormData(form)));
  };
  find(root, '[data-testid=download-fixed]').onclick = () => save(store.state.generated!.fixed);
  find(root, '[data-testid=download-moving]').onclick = () => save(store.state.generated!.moving);
  emerging.getContext('2d')!.fillStyle = '#fcfcfb';
  emerging.getContext('2d')!.fillRect(0, 0, 384, 384);

  store.subscribe((state, previous) => {
    const { engine, activity, generating, generated } = state;
    button.disabled = activity !== undefined;
    if (engine && (generating !== previous.generating || engine !== previous.engine)) {
      paint(tokens, tokenPicture(generating?.tokens, engine.grid, engine.palette, columnsOf(engine.grid)));
    }
    if (generating && generating !== previous.generating && engine) {
      const known = revealed(generating.tokens, engine.palette.length / 4);
      find(root, '[data-testid=token-count]').textContent =
        `${known} of ${generating.tokens.length} tokens revealed, slices from front to back`;
      if (generating.picture) paint(emerging, generating.picture);
    }
    if (!generated || generated === previous.generated) return;
    paint(emerging, generated.coronal);
    paint(find<HTMLCanvasElement>(root, '.sagittal'), generated.sagittal);
    find(root, '.result').hidden = false;
    const hash = find(root, '.hash');
    hash.textContent = `${generated.hash.slice(0, 16)}…`;
    hash.title = generated.hash;
    find(root, '.view').setAttribute('aria-label', `Generated pair, ${seconds(generated.seconds)}`);
    void viewer.show([
      { name: 'fixed', label: 'fixed', file: generated.fixed },
      { name: 'moving', label: 'moving', file: generated.moving },
    ]);
  });
}

function settingsOf(form: FormData): GenerateInput {
  return {
    seed: Number(form.get('seed')),
    steps: Number(form.get('steps')),
    temperature: Number(form.get('temperature')),
    order: form.get('order') as SampleOrder,
  };
}

/** Slices in a row: as near to a square picture as may be. */
function columnsOf([images, I, J, K]: readonly [number, number, number, number]): number {
  return Math.max(1, Math.round(Math.sqrt((images * J * K) / I)));
}
