import { parseArgs } from 'node:util';

export const HELP = `npm run bench -- [options]

  --only <pattern>    only kernels and steps whose line matches this regular expression, e.g. 'conv3d.*dW' or 'small'
  --profile <step>    instead: where the time of one training step goes: vqae, diffusion or registration
  --preset <name>     whose sizes the profiled step has: small (default) or paper
  --rounds <n>        repetitions, 5 by default
  --quick             2 repetitions
  --workers <n>       also training steps on 1 and on n workers, beside PyTorch with n threads
  --write             writes docs/benchmarks.md and docs/benchmarks.json
  --cpu-time          counts the time of the processor, not of the clock: on a busy machine, for one thread
  --no-stock          leaves stock TensorFlow.js out, the slowest
  --no-torch          leaves PyTorch out
  --backend <name>    wasm (default) or webgpu, which stock TensorFlow.js is not compared on
  --mixed             on webgpu: ours with factors of products in float16
  --torch-device <d>  cpu (default) or cuda
  --precision <name>  of PyTorch on cuda: float32 (default), tf32 or autocast, to float16
  --json <file>       also writes the results there
  --python <path>     a Python that has PyTorch, /usr/bin/python3 by default
  --help              this text`;

const PRESETS = ['small', 'paper'];
const BACKENDS = ['wasm', 'webgpu'];
/** How much further than in float32 results may be apart from PyTorch's; in float16 its gradients, without a scaled loss, are not compared. */
const SLACK = { float32: 1, tf32: 50, autocast: Infinity };

/**
 * The options of a command line.
 * @throws Error that says what is wrong
 */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    allowNegative: true,
    options: {
      only: { type: 'string', default: '' },
      profile: { type: 'string' },
      preset: { type: 'string', default: 'small' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      workers: { type: 'string' },
      write: { type: 'boolean', default: false },
      'cpu-time': { type: 'boolean', default: false },
      stock: { type: 'boolean', default: true },
      torch: { type: 'boolean', default: true },
      backend: { type: 'string', default: 'wasm' },
      mixed: { type: 'boolean', default: false },
      'torch-device': { type: 'string', default: 'cpu' },
      precision: { type: 'string', default: 'float32' },
      json: { type: 'string' },
      python: { type: 'string', default: '/usr/bin/python3' },
      help: { type: 'boolean', default: false },
    },
  });
  const { rounds, quick, preset, workers } = values;
  const count = natural('--rounds', rounds ?? (quick ? 2 : 5));
  oneOf('--preset', PRESETS, preset);
  oneOf('--backend', BACKENDS, values.backend);
  if (values.mixed && values.backend !== 'webgpu') throw new Error('--mixed: expected --backend webgpu, got wasm');
  oneOf('--precision', Object.keys(SLACK), values.precision);
  return {
    ...values,
    rounds: count,
    workers: workers && natural('--workers', workers),
    cpuTime: values['cpu-time'],
    torchDevice: values['torch-device'],
    stock: values.stock && values.backend === 'wasm',
    // Ours in float16 is as far from PyTorch as PyTorch's own.
    slack: values.mixed ? SLACK.autocast : SLACK[values.precision],
  };
}

function oneOf(option, names, given) {
  if (!names.includes(given)) throw new Error(`${option}: expected one of ${names.join(', ')}, got ${given}`);
}

function natural(option, text) {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`${option}: expected a number from 1, got ${text}`);
  return number;
}

/**
 * Whether a line is asked for by `--only`.
 * @throws Error when the pattern is no regular expression
 */
export function filterOf(pattern) {
  try {
    const expression = new RegExp(pattern, 'i');
    return ({ name, what, sizes }) => expression.test(`${name} ${what} ${sizes}`);
  } catch (error) {
    throw new Error(`--only: expected a regular expression, got ${pattern}`, { cause: error });
  }
}
