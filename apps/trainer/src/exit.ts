import { CommanderError } from 'commander';
import { Interrupted, PipelineError } from '@paired3d/pipeline';
import { fileError, systemErrorCode } from './file-errors';

/** What the exit codes of `paired3d` mean. 128 + the signal's number: stopped by it, resumable. */
export const exitCodes = {
  done: 0,
  bug: 1,
  usage: 2,
  verdict: 3,
  permanent: 42,
  tryAgain: 75,
  SIGINT: 130,
  SIGTERM: 143,
} as const;

/** Nothing went wrong, but what was looked at does not hold; the message is the verdict. */
export class VerdictFailed extends Error {
  override readonly name = 'VerdictFailed';
}

export type StopSignal = 'SIGINT' | 'SIGTERM';

/** How the program ends when something was thrown. */
export interface Failure {
  readonly exitCode: number;
  /** One line, without the program's name; empty when everything has been said (`--help`, `--version`). */
  readonly line: string;
  readonly stack?: string;
}

/**
 * What to say about an error, and with which code to exit.
 *
 * @param stoppedBy the signal that asked the run to stop, if one did.
 */
export function describeFailure(error: unknown, stoppedBy?: StopSignal): Failure {
  if (error instanceof CommanderError) return describeUsage(error);
  if (!(error instanceof Error)) return { exitCode: exitCodes.bug, line: oneLine(String(error)) };
  const { stack } = error;
  if (error instanceof Interrupted && stoppedBy) {
    return { exitCode: exitCodes[stoppedBy], line: error.message, stack };
  }
  if (error instanceof VerdictFailed) return { exitCode: exitCodes.verdict, line: oneLine(error.message) };
  if (error instanceof PipelineError) return { exitCode: error.exitCode, line: oneLine(error.message), stack };
  if (error.name === 'WasmMemoryError') return { exitCode: exitCodes.tryAgain, line: oneLine(error.message), stack };
  if (isTyped(error) || error.name === 'WebgpuLimitError')
    return { exitCode: exitCodes.permanent, line: oneLine(error.message), stack };
  const { path, syscall } = error as NodeJS.ErrnoException;
  if (path && syscall && systemErrorCode(error)) return describeFailure(fileError(path, `to ${syscall} it`, error));
  const hint = '(this should not happen; --verbose shows where)';
  return { exitCode: exitCodes.bug, line: `${oneLine(error.message || error.name)} ${hint}`, stack };
}

/** The errors of our packages name what they expected and what they got; what they found wrong stays wrong. */
function isTyped(error: Error): boolean {
  const { expected, got } = error as { expected?: unknown; got?: unknown };
  return expected !== undefined && got !== undefined;
}

function describeUsage(error: CommanderError): Failure {
  if (error.exitCode === 0) return { exitCode: exitCodes.done, line: '' };
  // Shown in full by then: the help that stands in for a missing command.
  if (error.code === 'commander.help') return { exitCode: exitCodes.usage, line: '' };
  return {
    exitCode: exitCodes.usage,
    line: `${oneLine(error.message.replace(/^error: /, '')).replace(/\.$/, '')}; see --help`,
  };
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ');
}
