import type { CliContext } from './context';

/** Says where a command left its result: a line for a person, or one line of JSON. */
export function sayResult(
  { json }: { readonly json: boolean },
  { stdout }: CliContext,
  what: string,
  facts: Readonly<Record<string, unknown>> & { readonly folder: string },
): void {
  stdout.write(json ? `${JSON.stringify({ type: 'result', ...facts })}\n` : `${what}: ${facts.folder}\n`);
}
