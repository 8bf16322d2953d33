import { Actions } from './actions';
import type { WorkerLike } from './engine/engine';
import type { BackendChoice } from './protocol';
import { Store } from './state';
import { mountDiagnosticsPanel } from './ui/diagnosticsPanel';
import { find } from './ui/dom';
import { mountDock } from './ui/dock';
import { mountGeneratePanel } from './ui/generatePanel';
import { mountRegisterPanel } from './ui/registerPanel';

/** `?backend=wasm` or `?backend=webgpu` chooses what computes. */
function choiceOf(search: string): BackendChoice {
  const asked = new URLSearchParams(search).get('backend');
  return asked === 'wasm' || asked === 'webgpu' ? asked : 'auto';
}

const spawn = () =>
  new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module' }) as unknown as WorkerLike;
const store = new Store({ choice: choiceOf(location.search), message: 'Starting', timings: [] });
const actions = new Actions(store, spawn, new URL('models/', document.baseURI).href);

mountGeneratePanel(find(document, '#generate'), store, actions);
const { smaller } = mountRegisterPanel(find(document, '#register'), store, actions);
mountDiagnosticsPanel(find(document, '#diagnostics'), store, actions);
mountDock(find(document, '#dock'), store, actions, smaller);
void actions.start();
