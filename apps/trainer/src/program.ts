import { Command } from 'commander';
import { registerAssess } from './commands/assess';
import { registerConfig } from './commands/config';
import { registerConvert } from './commands/convert';
import { registerDemo } from './commands/demo';
import { registerDoctor } from './commands/doctor';
import { registerEvaluate } from './commands/evaluate';
import { registerExperiment } from './commands/experiment';
import { registerRegister } from './commands/register';
import { registerRun } from './commands/run';
import { registerSynthesize } from './commands/synthesize';
import { registerTokenize } from './commands/tokenize';
import { registerTrain } from './commands/train';
import { registerVerifyData } from './commands/verify-data';
import type { CliContext } from './context';
import { describeFailure, type Failure, type StopSignal } from './exit';
import { version } from './version';

/** Every command, in the order of the help; each adds itself to the program. */
const registrations: readonly ((program: Command, context: CliContext) => void)[] = [
  registerDemo,
  registerRun,
  registerTrain,
  registerTokenize,
  registerSynthesize,
  registerAssess,
  registerEvaluate,
  registerRegister,
  (program, context) => registerExperiment(program, context, (args, stdout) => runWithin(context, args, stdout)),
  registerConvert,
  registerVerifyData,
  registerConfig,
  registerDoctor,
];

/** The command line of `paired3d`. Wrong usage is thrown as a CommanderError, not printed. */
export function createProgram(context: CliContext): Command {
  const program = new Command('paired3d')
    .description(
      'Train a registration network from a few paired scans: models that invent more pairs, then the network.',
    )
    .version(version, '--version', 'show the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
      outputError: () => {}, // said by runProgram, in one line
    });
  for (const register of registrations) register(program, context);
  return program;
}

/** Runs a command line as part of another command: what goes wrong is thrown. */
async function runWithin(context: CliContext, args: readonly string[], stdout: NodeJS.WritableStream): Promise<void> {
  await createProgram({ ...context, args, stdout }).parseAsync(args, { from: 'user' });
}

/**
 * Runs a command line and says what went wrong, if anything, in one line.
 *
 * @param stoppedBy the signal that asked the run to stop, if one did.
 * @returns the exit code.
 */
export async function runProgram(
  program: Command,
  context: CliContext,
  stoppedBy: () => StopSignal | undefined,
): Promise<number> {
  try {
    await program.parseAsync(context.args, { from: 'user' });
    return 0;
  } catch (error) {
    const failure = describeFailure(error, stoppedBy());
    if (failure.line) tell(failure, context);
    return failure.exitCode;
  }
}

function tell({ exitCode, line, stack }: Failure, context: CliContext): void {
  const { args } = context;
  if (args.includes('--json')) {
    context.stdout.write(`${JSON.stringify({ type: 'error', message: line, exitCode })}\n`);
  }
  if (args.includes('--verbose') && stack) context.stderr.write(`${stack}\n`);
  context.stderr.write(`paired3d: ${line}\n`);
}
