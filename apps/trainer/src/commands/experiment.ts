import { Writable } from 'node:stream';
import path from 'node:path';
import type { Command } from 'commander';
import { experimentMarkdown, PipelineError, renderExperiment, type Experiment } from '@paired3d/pipeline';
import type { CliContext } from '../context';
import {
  evaluateCommand,
  given,
  optimiseCommand,
  trainCommand,
  type Arguments,
  type Setting,
} from '../experiment/commands';
import { stepsOf, stepsWithin } from '../experiment/plan';
import { rowsOf, runsOf, type Done, type Optimised } from '../experiment/results';
import { trainingsOf, type Training } from '../experiment/trainings';
import { lockFolder } from '../lock';
import { commandLine, device, versions } from '../machine';
import { NodeStorage } from '../node-storage';
import { addSharedOptions, atLeast, SHARED_OPTIONS, type SharedOptions } from '../options';
import { resolveConfig } from '../run-config';
import { addDataOptions, addModelOptions, type DataOptions, type ModelOptions } from '../run-options';

type ExperimentOptions = SharedOptions &
  DataOptions &
  Pick<ModelOptions, 'vqae' | 'diffusion'> & {
    readonly out: string;
    readonly minutes?: number;
    readonly only?: string[];
  };

/** Does another command of the program. */
export type RunCommand = (command: Arguments, stdout: Writable) => Promise<void>;

/** `paired3d experiment table`: trains networks in several ways and scores them beside the published ones. */
export function registerExperiment(program: Command, context: CliContext, run: RunCommand): void {
  const experiment = program.command('experiment').description('whole experiments, made of the other commands');
  const command = experiment
    .command('table')
    .description(
      'train networks on real, random and synthetic pairs, score them and instance optimisation, write the table',
    )
    .option(
      '--minutes <number>',
      'of all trainings of networks together; else the steps of the configuration',
      atLeast(1),
    )
    .option('--only <rows...>', 'the trainings to do, by their folders; all when left out');
  addModelOptions(addDataOptions(addSharedOptions(command, SHARED_OPTIONS, ['out'])), ['vqae', 'diffusion']);
  command.action(async (options: ExperimentOptions) => {
    const folder = await makeTable(options, context, run);
    const files = { table: path.join(folder, 'table.md'), data: path.join(folder, 'table.json') };
    const { stdout } = context;
    stdout.write(options.json ? `${JSON.stringify({ type: 'result', ...files })}\n` : `table: ${files.table}\n`);
  });
}

async function makeTable(options: ExperimentOptions, context: CliContext, run: RunCommand): Promise<string> {
  const { setting, trainings, started } = await settle(options);
  const storage = await NodeStorage.open(options.out);
  const lock = await lockFolder(options.out);
  const say = (command: Arguments) => options.quiet || context.stderr.write(`${commandLine(command)}\n`);
  const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });
  const optimised: Optimised[] = [];
  const trained: Done[] = [];
  const doAll = async (commands: readonly Arguments[]) => {
    for (const command of commands) {
      say(command);
      await run(command, nowhere());
    }
  };
  try {
    const { minutes } = options;
    const allSteps = minutes
      ? await stepsWithin(minutes, setting, trainings, storage, run)
      : stepsOf(setting, trainings);
    for (const preset of ['fast', 'accurate'] as const) {
      const command = optimiseCommand(setting, preset);
      await doAll([command]);
      optimised.push({ title: `optimise, ${preset}`, folder: path.join(options.out, `optimise-${preset}`), command });
      await write();
    }
    for (const training of trainings) {
      const steps = allSteps[training.id];
      const commands = commandsOf(setting, training, steps, started(training));
      await doAll(commands);
      trained.push({ training, steps, commands });
      await write();
    }
  } finally {
    lock.release();
  }
  return options.out;

  /** After each row: what is there is worth reading. */
  async function write(): Promise<void> {
    const { source } = setting.config;
    const onPublishedData = source.kind === 'folder' && source.dataset.name === 'lung250m';
    const table: Experiment = {
      title: 'Registration of held-out pairs',
      command: commandLine(context.args),
      device: device(),
      date: `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
      versions: await versions(),
      rows: await rowsOf(setting, optimised, trained, onPublishedData),
      runs: await runsOf(setting, optimised, trained),
    };
    const text = (content: string) => new TextEncoder().encode(content);
    await storage.write('table.json', text(`${JSON.stringify(table, null, 2)}\n`));
    await storage.write('table.md', text(experimentMarkdown(table)));
    await storage.write('table.html', text(renderExperiment(table)));
  }
}

/** The settings of the experiment, its trainings, and the training that another one begins with. */
async function settle(options: ExperimentOptions) {
  const { config, preset } = await resolveConfig({ ...options, out: undefined });
  const { train, test, landmarks, vqae, diffusion, only } = options;
  const all = trainingsOf(config);
  const unknown = only?.find((name) => !all.some(({ id }) => id === name));
  if (unknown !== undefined) {
    const [expected, advice] = [all.map(({ id }) => id).join(', '), 'name some of them'];
    throw new PipelineError({ where: '--only', expected, got: unknown, advice });
  }
  const trainings = all.filter(({ id }) => only?.includes(id) ?? true);
  const setting: Setting = {
    out: options.out,
    data: { train, test, landmarks },
    models: { vqae, diffusion },
    config,
    options: [
      ...given({
        preset,
        config: options.config,
        seed: options.seed,
        backend: options.backend,
        precision: options.precision,
        workers: options.workers,
      }),
      ...options.set.flatMap((text) => ['--set', text]),
      ...(options.quiet || options.json ? ['--quiet'] : []),
    ],
  };
  return { setting, trainings, started: ({ start }: Training) => all.find(({ id }) => id === start) };
}

/** Trains a network, registers the test pairs with it, and those held out of the training if there are any. */
function commandsOf(setting: Setting, training: Training, steps: number, start: Training | undefined): Arguments[] {
  const { validation } = setting.config;
  const held = typeof validation === 'number' ? validation > 0 : validation.length > 0;
  return [
    trainCommand(setting, training, steps, start),
    evaluateCommand(setting, training, 'test'),
    ...(held ? [evaluateCommand(setting, training, 'validation')] : []),
  ];
}
