import type { Actions } from '../actions';
import { seconds } from '../eta';
import type { Remedy } from '../failure';
import type { Activity, Store } from '../state';
import { find } from './dom';

const REMEDIES: Record<Remedy, string> = {
  retry: 'Try again',
  'use-wasm': 'Go on with WebAssembly',
  smaller: 'Use a smaller setting',
};

/** The bar at the bottom: what is going on, how long it takes, how to stop it, and what went wrong. */
export function mountDock(root: HTMLElement, store: Store, actions: Actions, smaller: () => void): void {
  root.innerHTML = `
    <div class="failure" role="alert" data-testid="failure" hidden>
      <div><strong></strong><p></p></div><div class="buttons"></div>
    </div>
    <div class="line">
      <span class="status" role="status" aria-live="polite" data-testid="status"></span>
      <progress max="1" aria-label="Progress" hidden></progress>
      <span class="left" data-testid="left"></span>
      <span class="backend" data-testid="backend"></span>
      <button type="button" data-testid="cancel" disabled>Cancel</button>
    </div>`;
  const status = find(root, '.status');
  const bar = find<HTMLProgressElement>(root, 'progress');
  const left = find(root, '.left');
  const cancel = find<HTMLButtonElement>(root, 'button');
  cancel.onclick = () => actions.cancel();
  document.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') actions.cancel();
  });

  store.subscribe((state) => {
    const { activity, engine, message, failure } = state;
    // The live region changes when work starts and ends, not with each step.
    const text = activity ? activity.label : message;
    if (status.textContent !== text) status.textContent = text;
    root.dataset.state = activity ? 'busy' : failure ? 'failed' : 'idle';
    cancel.disabled = !activity;
    bar.hidden = !activity;
    if (activity && activity.total > 0) bar.value = activity.done / activity.total;
    else bar.removeAttribute('value');
    left.textContent = activity ? stepText(activity) : '';
    find(root, '.backend').textContent = engine ? { wasm: 'WASM', webgpu: 'WebGPU' }[engine.backend] : '';
  });
  store.subscribe(({ failure }, previous) => {
    if (failure === previous.failure && failure) return;
    showFailure(find(root, '.failure'), store, actions, smaller);
  });
}

/** Where work is, in words. */
export function stepText({ done, total, left }: Activity): string {
  if (total === 0) return '';
  const step = `step ${done} of ${total}`;
  return left === undefined ? step : `${step}, ${seconds(left)} left`;
}

function showFailure(box: HTMLElement, store: Store, actions: Actions, smaller: () => void): void {
  const { failure } = store.state;
  box.hidden = !failure;
  if (!failure) return;
  find(box, 'strong').textContent = failure.title;
  find(box, 'p').textContent = failure.detail;
  const button = (text: string, onclick: () => void) => {
    const element = document.createElement('button');
    element.type = 'button';
    element.textContent = text;
    element.onclick = onclick;
    return element;
  };
  const remedies = failure.remedies.map((remedy) => {
    const element = button(REMEDIES[remedy], () => void actions.remedy(remedy, smaller));
    element.dataset.testid = `remedy-${remedy}`;
    return element;
  });
  find(box, '.buttons').replaceChildren(
    ...remedies,
    button('Dismiss', () => actions.dismiss()),
  );
}
