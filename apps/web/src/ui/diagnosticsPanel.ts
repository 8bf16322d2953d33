import type { Actions } from '../actions';
import type { BackendChoice, Diagnosis } from '../protocol';
import type { State, Store } from '../state';
import { escape, find } from './dom';

/** Which backend computes, what it is, and a text to copy into a report of a problem. */
export function mountDiagnosticsPanel(root: HTMLElement, store: Store, actions: Actions): void {
  root.innerHTML = `
    <h2 id="diagnostics-title">Diagnostics</h2>
    <p class="lead">What computes here, and whether it computes rightly: the denoiser's logits beside those of Node.</p>
    <div class="toolbar">
      <label for="backend">Backend</label>
      <select id="backend" data-testid="backend-choice">
        <option value="auto">automatic</option><option value="webgpu">WebGPU</option><option value="wasm">WebAssembly</option>
      </select>
      <button type="button" data-testid="self-test">Check</button>
      <button type="button" data-testid="copy">Copy</button>
      <span class="note" role="status"></span>
    </div>
    <pre tabindex="0" aria-label="Diagnostics as text" data-testid="diagnosis"></pre>`;
  const select = find<HTMLSelectElement>(root, 'select');
  const text = find(root, 'pre');
  const note = find(root, '.note');
  const check = find<HTMLButtonElement>(root, '[data-testid=self-test]');
  let diagnosis: Diagnosis | undefined;
  const render = (state: State) => (text.innerHTML = escape(diagnosisText(state, diagnosis)));

  select.onchange = () => void actions.start(select.value as BackendChoice);
  check.onclick = async () => {
    check.disabled = true;
    note.textContent = 'Checking …';
    diagnosis = await actions.diagnose();
    check.disabled = store.state.activity !== undefined;
    note.textContent = diagnosis ? 'Checked.' : 'It could not be checked.';
    render(store.state);
  };
  find(root, '[data-testid=copy]').onclick = () =>
    navigator.clipboard.writeText(text.textContent ?? '').then(
      () => (note.textContent = 'Copied.'),
      () => {
        getSelection()?.selectAllChildren(text);
        note.textContent = 'Selected: press Ctrl+C.';
      },
    );
  store.subscribe((state, previous) => {
    if (state.engine !== previous.engine) diagnosis = undefined;
    select.value = state.choice;
    select.disabled = check.disabled = state.activity !== undefined;
    render(state);
  });
}

/** The diagnostics as lines of name and value. */
export function diagnosisText({ engine, timings, failure }: State, diagnosis: Diagnosis | undefined): string {
  const rows: (readonly [string, string])[] = [['browser', navigator.userAgent]];
  rows.push(['cores', String(navigator.hardwareConcurrency)]);
  if (engine) {
    rows.push(
      ['backend', `${engine.backend} (${engine.details})`],
      ...engine.notes.map((text) => ['note', text] as const),
    );
    rows.push(['models', `${engine.weights.toLocaleString('en')} weights, pairs of ${engine.size.join(' x ')} voxels`]);
    rows.push([
      'started',
      `backend ${engine.seconds.backend.toFixed(2)} s, models ${engine.seconds.models.toFixed(2)} s`,
    ]);
  } else rows.push(['backend', 'none']);
  if (diagnosis) {
    const { tensors, bytes, logits, seconds } = diagnosis;
    rows.push(['memory', `${tensors} tensors, ${(bytes / 1e6).toFixed(1)} MB`]);
    rows.push(['logits', `differ from Node's by at most ${logits.toExponential(2)}, in ${seconds.toFixed(2)} s`]);
  }
  rows.push(...timings.map(([work, took]) => ['time', `${work}: ${took.toFixed(2)} s`] as const));
  if (failure) rows.push(['failure', `${failure.title}: ${failure.detail}`]);
  return rows.map(([name, value]) => `${name.padEnd(9)}${value}`).join('\n');
}
