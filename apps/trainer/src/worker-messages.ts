import { PipelineError, type PipelineErrorFields } from '@paired3d/pipeline';

/** What a worker's thread is started with. */
export interface WorkerStart {
  /** The main thread's choice of instructions: results are to be the same on every thread. */
  readonly relaxedSimd: boolean;
}

/** What the main thread asks of a worker; each request is answered by a {@link Reply} with its number. */
export type Request = { readonly id: number; readonly job: number } & (
  | { readonly type: 'open'; readonly name: string; readonly setup: unknown }
  | { readonly type: 'run'; readonly item: unknown }
  | { readonly type: 'close' }
);

export type Reply = { readonly id: number } & ({ readonly result: unknown } | { readonly error: CarriedError });

/** An error as a message carries it: cloning keeps neither its class nor its fields. */
export interface CarriedError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function packError(error: unknown): CarriedError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), fields: {} };
  const { name, message, stack } = error;
  const fields = Object.entries(error).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  return { name, message, stack, fields: Object.fromEntries(fields) };
}

/** The error again: a PipelineError as such, others with their name and fields. */
export function unpackError({ name, message, stack, fields }: CarriedError): Error {
  const error =
    name === 'PipelineError' ? new PipelineError(fields as unknown as PipelineErrorFields) : new Error(message);
  return Object.assign(error, fields, { name, stack });
}
