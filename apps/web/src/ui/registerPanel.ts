import type { RegisterMethod } from '@paired3d/pipeline';
import type { Actions } from '../actions';
import type { PairInput, Quality, Registration } from '../protocol';
import type { Store } from '../state';
import { FailureError } from '../failure';
import { Compare } from './compare';
import { decimal, escape, find, save } from './dom';
import { DropZone } from './dropZone';
import { paint } from './picture';
import { Viewer } from './viewer';

/** What the panel offers to others. */
export interface RegisterPanel {
  /** The next smaller setting, for computers with little memory. */
  readonly smaller: () => void;
}

/** Which pair and how, the loss as it falls, and what came out. */
export function mountRegisterPanel(root: HTMLElement, store: Store, actions: Actions): RegisterPanel {
  root.innerHTML = `
    <h2 id="register-title">Register a pair</h2>
    <p class="lead">The moving scan is deformed until it lies over the fixed one. What is aligned loses its colour.</p>
    <div class="bench registration">
      <form class="controls" aria-label="Settings of the registration">
        <fieldset>
          <legend>Pair</legend>
          <label><input type="radio" name="pair" value="example" checked /> built-in example</label>
          <label><input type="radio" name="pair" value="generated" /> the generated pair</label>
          <label><input type="radio" name="pair" value="files" /> two scans of yours</label>
        </fieldset>
        <div class="drops"><div></div><div></div></div>
        <label for="method">Method</label>
        <select id="method" name="method">
          <option value="network+tta">network, adapted to the pair</option>
          <option value="network">network alone</option>
          <option value="network+optimise">network, then optimisation</option>
          <option value="optimise">optimisation, no network</option>
        </select>
        <label for="iterations">Iterations of the adaptation <output>25</output></label>
        <input id="iterations" name="iterations" type="range" min="5" max="100" step="5" value="25" />
        <label for="quality">Detail of the optimisation</label>
        <select id="quality" name="quality">
          <option value="coarse">coarse, least memory</option><option value="fast" selected>fast</option><option value="accurate">accurate</option>
        </select>
        <button class="primary" data-testid="register">Register</button>
      </form>
      <figure class="shown"><div class="pictures"></div><figcaption>Coronal projection, fixed blue, moving orange</figcaption></figure>
      <figure class="loss"><div class="plot"><p class="note">The loss appears here while a pair is registered.</p></div><figcaption>Loss</figcaption></figure>
    </div>
    <div class="outcome" hidden>
      <ul class="tiles"></ul>
      <div class="figures pairs">
        <figure><div class="deformed" data-testid="grid"></div><figcaption>Displacement: a regular grid, deformed</figcaption></figure>
        <figure><canvas class="overlay jacobian" role="img" aria-label="Map of the Jacobian determinant"></canvas>
        <figcaption>Volume: blue shrinks, orange grows, red folds</figcaption></figure>
      </div>
      <div class="buttons">
        <button type="button" data-testid="download-warped">Download warped scan</button>
        <button type="button" data-testid="download-field">Download field</button>
      </div>
      <div class="view"></div>
    </div>`;
  const form = find<HTMLFormElement>(root, 'form');
  const button = find<HTMLButtonElement>(root, '.primary');
  const quality = find<HTMLSelectElement>(root, '#quality');
  const compare = new Compare(find(root, '.pictures'));
  const viewer = new Viewer(find(root, '.view'));
  const [first, second] = [...root.querySelectorAll<HTMLElement>('.drops > div')];
  const chooseFiles = () => {
    find<HTMLInputElement>(form, '[value=files]').checked = true;
    follow();
  };
  const zones = {
    fixed: new DropZone(first, 'Fixed', 'drop-fixed', chooseFiles),
    moving: new DropZone(second, 'Moving', 'drop-moving', chooseFiles),
  };
  const follow = () => followChoice(form, store);
  form.onchange = follow;
  const iterations = find<HTMLInputElement>(root, '#iterations');
  iterations.oninput = () => (find(root, 'label[for=iterations] output').textContent = iterations.value);
  form.onsubmit = (event) => {
    event.preventDefault();
    const values = new FormData(form);
    try {
      const pair = pairOf(values.get('pair') as PairInput['kind'], zones);
      const method = pair.kind === 'files' ? 'optimise' : (values.get('method') as RegisterMethod);
      void actions.register({ pair, method, quality: quality.value as Quality, iterations: Number(iterations.value) });
    } catch (error) {
      actions.fail(error);
    }
  };
  find(root, '[data-testid=download-warped]').onclick = () => save(store.state.registration!.files.warped);
  find(root, '[data-testid=download-field]').onclick = () => save(store.state.registration!.files.field);

  store.subscribe((state, previous) => {
    button.disabled = state.activity !== undefined;
    if (state.generated !== previous.generated || state.engine !== previous.engine) follow();
    const { registering, registration } = state;
    if (registering && registering !== previous.registering) {
      if (registering.before !== previous.registering?.before && registering.before) compare.show(registering.before);
      if (registering.chart) find(root, '.plot').innerHTML = registering.chart;
    }
    find(root, '.outcome').hidden = !registration;
    if (registration && registration !== previous.registration) showOutcome(root, registration, compare, viewer);
  });
  follow();
  return {
    smaller() {
      quality.value = quality.value === 'accurate' ? 'fast' : 'coarse';
      quality.focus();
      form.requestSubmit();
    },
  };
}

/** What can be chosen depends on the pair: the network knows scans of its own grid alone. */
function followChoice(form: HTMLFormElement, { state }: Store): void {
  const generated = find<HTMLInputElement>(form, '[value=generated]');
  generated.disabled = !state.generated || !state.engine;
  const pair = new FormData(form).get('pair');
  const own = pair === 'files';
  find(form, '.drops').dataset.chosen = String(own);
  const method = find<HTMLSelectElement>(form, '#method');
  for (const option of method.options) option.disabled = own && option.value !== 'optimise';
  const chosen = own ? 'optimise' : method.value;
  if (own) method.value = 'optimise';
  find<HTMLInputElement>(form, '#iterations').disabled = chosen !== 'network+tta';
  find<HTMLSelectElement>(form, '#quality').disabled = !chosen.endsWith('optimise');
}

function pairOf(kind: PairInput['kind'], { fixed, moving }: Record<'fixed' | 'moving', DropZone>): PairInput {
  if (kind === 'example') return { kind, number: 1 };
  if (kind === 'generated') return { kind };
  if (fixed.file && moving.file) return { kind, fixed: fixed.file, moving: moving.file };
  throw new FailureError({
    kind: 'file',
    title: 'Two scans are needed',
    detail: `The ${fixed.file ? 'moving' : 'fixed'} scan is missing: drop a NIfTI file on its field, or choose one.`,
    remedies: [],
  });
}

function showOutcome(root: HTMLElement, registration: Registration, compare: Compare, viewer: Viewer): void {
  const { dice, landmarks, folding, inverseConsistency, pictures, grid, view } = registration;
  compare.show(pictures.before, pictures.after);
  const tiles = [
    ...(landmarks
      ? [
          ['Landmarks before', decimal(landmarks.before), 'mm', 'error-before'],
          ['Landmarks after', decimal(landmarks.after), 'mm', 'error-after'],
        ]
      : []),
    ['Dice before', decimal(dice.before, 3), '', 'dice-before'],
    ['Dice after', decimal(dice.after, 3), '', 'dice-after'],
    ['Folded', decimal(folding), '%', 'folding'],
    ['Inverse consistency', decimal(inverseConsistency, 3), 'mm', 'consistency'],
  ];
  find(root, '.tiles').innerHTML = tiles
    .map(
      ([name, value, unit, id]) =>
        `<li${name.endsWith('after') ? ' class="best"' : ''}><span class="name">${escape(name)}</span>` +
        `<span class="number" data-testid="${id}">${value}<span class="unit"> ${unit}</span></span></li>`,
    )
    .join('');
  find(root, '.deformed').innerHTML = grid;
  paint(find<HTMLCanvasElement>(root, '.jacobian'), pictures.jacobian);
  void viewer.show(
    [
      { name: 'fixed', label: 'fixed', file: view.fixed },
      { name: 'moving', label: 'moving, before', file: view.moving },
      { name: 'warped', label: 'moving, registered', file: view.warped },
    ],
    ['moving'],
  );
}
