import { expect, it, vi } from 'vitest';
import type { FromWorker, ToWorker } from '../protocol';
import { Engine, type WorkerLike } from './engine';

/** A worker that is played by the test. */
class FakeWorker implements WorkerLike {
  onmessage: WorkerLike['onmessage'] = null;
  onerror: WorkerLike['onerror'] = null;
  onmessageerror: WorkerLike['onmessageerror'] = null;
  readonly heard: ToWorker[] = [];
  readonly terminate = vi.fn();
  postMessage(message: ToWorker): void {
    this.heard.push(message);
  }
  say(message: FromWorker): void {
    this.onmessage?.({ data: message } as MessageEvent<FromWorker>);
  }
}

function open(grace = 20) {
  const worker = new FakeWorker();
  return { worker, engine: new Engine(worker, grace) };
}
const failure = { kind: 'memory', title: 'Out of memory', detail: 'none left', remedies: [] } as const;

it('answers requests, with progress, whatever their order', async () => {
  const { worker, engine } = open();
  const told = vi.fn();
  const [first, second] = [engine.request('diagnose', {}), engine.request('diagnose', {}, { onProgress: told })];
  worker.say({ type: 'progress', id: 2, progress: 'half' });
  worker.say({ type: 'result', id: 2, output: 'two' });
  worker.say({ type: 'result', id: 1, output: 'one' });
  expect([await first, await second]).toEqual(['one', 'two']);
  expect(told).toHaveBeenCalledExactlyOnceWith('half');
});

it('fails with what the worker says, and goes on', async () => {
  const { worker, engine } = open();
  const request = engine.request('diagnose', {});
  worker.say({ type: 'failure', id: 1, failure });
  await expect(request).rejects.toMatchObject({ failure });
  expect(engine.alive).toBe(true);
});

it('ends everything when the worker is lost, breaks or is unreadable', async () => {
  for (const lose of [
    (worker: FakeWorker) => worker.say({ type: 'lost', failure }),
    (worker: FakeWorker) => worker.onerror?.({ message: 'no such file' } as ErrorEvent),
    (worker: FakeWorker) => worker.onmessageerror?.({} as MessageEvent),
  ]) {
    const { worker, engine } = open();
    const requests = [engine.request('diagnose', {}), engine.request('diagnose', {})];
    lose(worker);
    for (const request of requests) await expect(request).rejects.toThrow();
    expect(worker.terminate).toHaveBeenCalledOnce();
    expect(engine.alive).toBe(false);
    await expect(engine.request('diagnose', {})).rejects.toThrow();
  }
});

it('asks a cancelled request to stop, and terminates a worker that does not hear', async () => {
  const { worker, engine } = open();
  const controller = new AbortController();
  const request = engine.request('diagnose', {}, { signal: controller.signal });
  controller.abort();
  expect(worker.heard.at(-1)).toEqual({ type: 'cancel', id: 1 });
  await expect(request).rejects.toMatchObject({ failure: { kind: 'cancelled' } });
  expect(worker.terminate).toHaveBeenCalledOnce();
});

it('keeps a worker that stops in time', async () => {
  const { worker, engine } = open();
  const controller = new AbortController();
  const request = engine.request('diagnose', {}, { signal: controller.signal });
  controller.abort();
  worker.say({ type: 'failure', id: 1, failure: { ...failure, kind: 'cancelled' } });
  await expect(request).rejects.toMatchObject({ failure: { kind: 'cancelled' } });
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(engine.alive).toBe(true);
  await expect(engine.request('diagnose', {}, { signal: controller.signal })).rejects.toThrow('Cancelled');
});
