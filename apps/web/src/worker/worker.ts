import { failureOf, type Failure } from '../failure';
import type { FromWorker, Input, Output, Progress, RequestName, ToWorker } from '../protocol';
import { diagnose } from './diagnose';
import { generate } from './generate';
import { register } from './register';
import { start, type Session } from './session';

/** What a handler may use besides its input. */
interface Context<N extends RequestName> {
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress<N>) => void;
}
type Handlers = { [N in RequestName]: (input: Input<N>, context: Context<N>) => Promise<Output<N>> };

const scope = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
};
const running = new Map<number, AbortController>();
let session: Session | undefined;

const handlers: Handlers = {
  async start(input, context) {
    session = await start(input, { ...context, onLost: lost });
    return session.info;
  },
  generate: (input, context) => generate(opened(), input, context),
  register: (input, context) => register(opened(), input, context),
  diagnose: () => diagnose(opened()),
};

function opened(): Session {
  if (!session) throw new Error('the worker was asked for work before it was started');
  return session;
}

function lost(failure: Failure): void {
  scope.postMessage({ type: 'lost', failure });
}

async function answer<N extends RequestName>(id: number, name: N, input: Input<N>): Promise<void> {
  const controller = new AbortController();
  running.set(id, controller);
  const progress = (value: Progress<N>) => scope.postMessage({ type: 'progress', id, progress: value });
  try {
    const handler = handlers[name] as Handlers[N];
    const output = await handler(input, { signal: controller.signal, progress });
    scope.postMessage({ type: 'result', id, output });
  } catch (error) {
    const failure = failureOf(controller.signal.aborted ? controller.signal.reason : error);
    if (failure.kind === 'unexpected') console.error(error);
    scope.postMessage({ type: 'failure', id, failure });
  } finally {
    running.delete(id);
  }
}

scope.onmessage = ({ data }) => {
  if (data.type === 'cancel') running.get(data.id)?.abort();
  else void answer(data.id, data.name, data.input as Input<typeof data.name>);
};
