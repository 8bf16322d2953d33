import { Engine, type WorkerLike } from './engine/engine';
import { Eta, seconds } from './eta';
import { failureOf, type Remedy } from './failure';
import type { BackendChoice, Diagnosis, GenerateInput, Input, Output, Progress, RegisterInput } from './protocol';
import type { Activity, Store } from './state';

type Work = 'generate' | 'register';
const LABELS = { start: 'Loading the models', generate: 'Generating', register: 'Registering' } as const;

/** What a person can do. One piece of work runs at a time; each ends in a message or a failure that says what to do. */
export class Actions {
  private engine: Engine | undefined;
  private starting: Promise<void> | undefined;
  private controller: AbortController | undefined;
  private again: (() => void) | undefined;

  constructor(
    private readonly store: Store,
    private readonly spawn: () => WorkerLike,
    private readonly models: string,
  ) {}

  /** Starts the worker with the chosen backend, anew if there was one. */
  start(choice: BackendChoice = this.store.state.choice): Promise<void> {
    this.engine?.end(failureOf(new DOMException('', 'AbortError')));
    this.engine = new Engine(this.spawn());
    this.store.set({ choice, engine: undefined, failure: undefined });
    this.starting = this.run('start', { backend: choice, models: this.models }, () => void this.start(choice)).then(
      (info) => {
        if (info)
          this.store.set({ engine: info, message: `Ready, on ${info.backend === 'wasm' ? 'WebAssembly' : 'WebGPU'}` });
      },
    );
    return this.starting;
  }

  async generate(input: GenerateInput): Promise<void> {
    this.store.set({ generating: undefined });
    const generated = await this.work(
      'generate',
      input,
      () => void this.generate(input),
      (generating) => ({ generating }),
    );
    if (!generated) return;
    this.store.set({ generated, message: `A pair was generated in ${seconds(generated.seconds)}` });
    this.note('generate', generated.seconds);
  }

  async register(input: RegisterInput): Promise<void> {
    this.store.set({ registering: undefined, registration: undefined });
    const show = (progress: Progress<'register'>) => ({
      registering: { ...this.store.state.registering, ...progress },
    });
    const registration = await this.work('register', input, () => void this.register(input), show);
    if (!registration) return;
    this.store.set({ registration, message: `Registered in ${seconds(registration.seconds)}` });
    this.note('register', registration.seconds);
  }

  async diagnose(): Promise<Diagnosis | undefined> {
    if (this.store.state.activity || !this.engine?.alive) return undefined;
    return this.engine.request('diagnose', {}).catch(() => undefined);
  }

  cancel(): void {
    this.controller?.abort();
  }

  /** Says that something went wrong on the page's side. */
  fail(error: unknown): void {
    this.store.set({ failure: failureOf(error) });
  }

  async remedy(remedy: Remedy, smaller: () => void): Promise<void> {
    const { again } = this;
    this.store.set({ failure: undefined });
    if (remedy === 'smaller') return smaller();
    if (remedy === 'use-wasm') await this.start('wasm');
    again?.();
  }

  dismiss(): void {
    this.store.set({ failure: undefined });
  }

  private note(work: string, took: number): void {
    const { timings, engine } = this.store.state;
    this.store.set({ timings: [...timings, [`${work} on ${engine?.backend ?? 'no backend'}`, took]] });
  }

  /** Runs work on a worker that is ready, starting one first where it is not. */
  private async work<N extends Work>(
    name: N,
    input: Input<N>,
    again: () => void,
    show: (progress: Progress<N>) => object,
  ): Promise<Output<N> | undefined> {
    if (this.engine?.alive) await this.starting;
    else await this.start();
    if (this.store.state.activity || !this.store.state.engine) return undefined;
    return this.run(name, input, again, show);
  }

  private async run<N extends 'start' | Work>(
    name: N,
    input: Input<N>,
    again: () => void,
    show: (progress: Progress<N>) => object = () => ({}),
  ): Promise<Output<N> | undefined> {
    const controller = (this.controller = new AbortController());
    const eta = new Eta();
    const activity: Activity = { kind: name, label: LABELS[name], done: 0, total: 0 };
    this.again = again;
    this.store.set({ activity, failure: undefined });
    try {
      return await this.engine!.request(name, input, {
        signal: controller.signal,
        onProgress: (progress) => {
          const { done, total } = progress as { done: number; total: number };
          this.store.set({ activity: { ...activity, done, total, left: eta.left(done, total) }, ...show(progress) });
        },
      });
    } catch (error) {
      const failure = failureOf(error);
      const message = failure.kind === 'cancelled' ? 'Cancelled' : failure.title;
      if (!this.engine!.alive) this.store.set({ engine: undefined });
      this.store.set({ message, failure: failure.kind === 'cancelled' ? undefined : failure });
      return undefined;
    } finally {
      // A start in the middle of work replaces it; what it replaced has nothing more to say.
      if (this.controller === controller) this.store.set({ activity: undefined });
    }
  }
}
