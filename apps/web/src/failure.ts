/** Kinds of failure, by what a person can do about them. */
export type FailureKind =
  | 'cancelled'
  | 'unsupported' // the browser lacks what the demo needs
  | 'device-lost'
  | 'memory'
  | 'file' // one that cannot be read
  | 'mismatch' // scans that do not fit each other, or the network
  | 'network' // something of the page could not be loaded
  | 'unexpected';

/** What the page may offer. */
export type Remedy = 'retry' | 'use-wasm' | 'smaller';

/** A failure as plain data: what happened, what to do, what the page can do. */
export interface Failure {
  readonly kind: FailureKind;
  readonly title: string;
  /** One line that names the file, the setting or the number concerned, and says what to do. */
  readonly detail: string;
  readonly remedies: readonly Remedy[];
}

/** A failure on its way through promises. */
export class FailureError extends Error {
  constructor(readonly failure: Failure) {
    super(`${failure.title}: ${failure.detail}`);
    this.name = 'FailureError';
  }
}

const CANCELLED: Failure = { kind: 'cancelled', title: 'Cancelled', detail: 'Nothing was kept.', remedies: [] };

/** The failure that says that a person stopped the work. */
export const cancelled = (): FailureError => new FailureError(CANCELLED);

/** A browser without what the demo computes with. */
export function unsupported(what: string): FailureError {
  return new FailureError({
    kind: 'unsupported',
    title: `This browser has no ${what}`,
    detail: 'Use a current Chrome, Edge, Firefox or Safari (16.4 or newer), and allow WebAssembly.',
    remedies: [],
  });
}

/** The graphics device went away: a driver that restarted, a computer that slept, another program that took its memory. */
export function deviceLost(reason: string): Failure {
  return {
    kind: 'device-lost',
    title: 'The graphics device was lost',
    detail: `The browser says: ${reason || 'no reason'}. Try again, or go on with WebAssembly, which does not need it.`,
    remedies: ['use-wasm', 'retry'],
  };
}

/** There is not enough memory for what was asked. */
export function outOfMemory(detail: string): Failure {
  return {
    kind: 'memory',
    title: 'Out of memory',
    detail: `${detail} Close other tabs, or use a smaller setting.`,
    remedies: ['smaller', 'retry'],
  };
}

/** Names of errors that say that two scans, or a scan and a network, do not fit. */
const MISMATCHES = new Set(['DataError', 'DataReportError', 'RegistrationError', 'PipelineError', 'OpsError']);
/** What engines say when an array or a heap finds no room. */
const NO_ROOM =
  /out of memory|allocation failed|invalid (typed )?array length|invalid array buffer length|out-of-memory/i;

/** What an error of the work means to a person. */
export function failureOf(error: unknown): Failure {
  if (error instanceof FailureError) return error.failure;
  const { name = 'Error', message = String(error) } = (error ?? {}) as Partial<Error>;
  const retry = ['retry'] as const;
  if (name === 'AbortError') return CANCELLED;
  if (name === 'WasmMemoryError' || name === 'WebgpuLimitError' || NO_ROOM.test(message))
    return outOfMemory(sentence(message));
  if (name === 'NiftiError') {
    return { kind: 'file', title: 'This file cannot be read', detail: message, remedies: [] };
  }
  if (MISMATCHES.has(name)) return { kind: 'mismatch', title: 'This does not fit', detail: message, remedies: [] };
  return { kind: 'unexpected', title: 'Something went wrong', detail: `${name}: ${message}`, remedies: retry };
}

const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);
