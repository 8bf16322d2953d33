import type { Failure } from './failure';
import type {
  BackendChoice,
  EngineInfo,
  Generated,
  GenerateProgress,
  RegisterProgress,
  Registration,
} from './protocol';

/** Work under way. */
export interface Activity {
  readonly kind: 'start' | 'generate' | 'register';
  readonly label: string;
  readonly done: number;
  /** 0: not known. */
  readonly total: number;
  /** Seconds left; undefined when it cannot be told. */
  readonly left?: number;
}

/** Everything that the page shows. Views render it and call actions; actions alone change it. */
export interface State {
  readonly choice: BackendChoice;
  readonly engine?: EngineInfo;
  readonly activity?: Activity;
  /** What the status line says while nothing is under way. */
  readonly message: string;
  readonly failure?: Failure;
  readonly generating?: GenerateProgress;
  readonly generated?: Generated;
  readonly registering?: RegisterProgress;
  readonly registration?: Registration;
  /** Finished work and its seconds, for the diagnostics. */
  readonly timings: readonly (readonly [work: string, seconds: number])[];
}

export type Listener = (state: State, previous: State) => void;

/** Holds the state and tells views of changes. */
export class Store {
  private readonly listeners: Listener[] = [];

  constructor(private current: State) {}

  get state(): State {
    return this.current;
  }

  set(changes: Partial<State>): void {
    const previous = this.current;
    this.current = { ...previous, ...changes };
    for (const listener of this.listeners) listener(this.current, previous);
  }

  /** Calls `listener` now and after each change. */
  subscribe(listener: Listener): void {
    this.listeners.push(listener);
    listener(this.current, this.current);
  }
}
