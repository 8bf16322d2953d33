import { parseArgs } from 'node:util';

export const HELP = `npm run bench -- [options]

  --profile <step>    where the time of one training step goes: vqae, diffusion or registration
  --preset <name>     whose sizes the step has: small (default) or paper
  --rounds <n>        repetitions, 5 by default
  --quick             2 repetitions
  --help              this text`;

const PRESETS = ['small', 'paper'];

/**
 * The options of a command line.
 * @throws Error that says what is wrong
 */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      profile: { type: 'string' },
      preset: { type: 'string', default: 'small' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { rounds, quick, preset } = values;
  const count = Number(rounds ?? (quick ? 2 : 5));
  if (!Number.isInteger(count) || count < 1) throw new Error(`--rounds: expected a number from 1, got ${rounds}`);
  if (!PRESETS.includes(preset)) throw new Error(`--preset: expected one of ${PRESETS.join(', ')}, got ${preset}`);
  return { ...values, rounds: count };
}
