// Whole training steps of the three networks, and sampling, at the sizes of a preset on made-up data of the right kind.
import { batchOfImages } from './images.mjs';
import { gradientsOf, weightInputs } from './state.mjs';

/** Grids of the registration, and what of the preset `paper` is cut so that it fits a heap of 4 GiB and a coffee. */
const SIZES = { small: [64, 52, 64], paper: [128, 104, 128] };
const PAPER_CROP = 64;
const PAPER_DEPTH = 2;
/** Masks that the denoiser's steps have, in turn. */
const MASKS = 16;
const SEED = 1;

/**
 * The steps by name. Each is made by `await (engine, preset, batch)` and has
 * - `what`: the sizes
 * - `run()`: one training step, as the command line does it
 * - `torch`: `{ op, options, inputs }`, the same in PyTorch from the same weights
 * - `first()`: one `run()` whose results are `values`, to be compared with those of PyTorch's first: losses, then
 *   gradients, by `names`
 * - `dispose()`
 */
export const steps = {
  vqae: vqaeStep,
  diffusion: diffusionStep,
  registration: registrationStep,
  sampling: samplingStep,
};

async function vqaeStep(engine, preset, batch) {
  const { tf, vqae, pipeline } = engine;
  const { model: options, learningRate, crop } = pipeline.presets[preset].vqae;
  const size = preset === 'paper' ? PAPER_CROP : crop;
  const config = { spatialDims: 3, ...options };
  const pair = tf.tidy(() =>
    tf.stack(
      batchOfImages(engine.nn, [size, size, size], batch).map((values) => tf.tensor(values, [batch, size, size, size])),
      4,
    ),
  );
  const model = new vqae.VqAutoencoder(config, SEED);
  const { training, averages } = await withCodes(vqae, model, pair, learningRate);
  const weights = await model.state();
  const names = [...weights.keys()].filter(
    (name) => config.quantizer.kind === 'gradient' || name !== 'codebook.weight',
  );
  const run = () => training.update(pair);
  return {
    what: `pair of ${size}^3, batch ${batch}`,
    run,
    async first() {
      const { loss } = await run();
      return { names, values: [[loss], ...(await gradientsOf(tf, names, await training.state(), 'adam.'))] };
    },
    torch: {
      op: 'vqae',
      options: { names, config, learning_rate: learningRate },
      inputs: {
        ...weightInputs(weights),
        ...averages,
        pair: { values: await pair.data(), shape: pair.shape, dtype: 'float32', layout: 'volume' },
      },
    },
    dispose: () => (training.dispose(), model.dispose(), pair.dispose()),
  };
}

/** A training that starts with codes drawn from latents, as after a first step, and with Adam's moments at zero. */
async function withCodes(vqae, model, pair, learningRate) {
  const settings = { learningRate, seed: SEED };
  const before = new vqae.VqaeTraining(model, settings);
  await before.update(pair);
  const state = [...(await before.state())].filter(([name]) => name.startsWith('ema.'));
  before.dispose();
  const training = new vqae.VqaeTraining(model, settings);
  training.load(new Map([...state, ['adam.step', { dtype: 'I32', shape: [], data: Int32Array.of(0) }]]));
  const averages = state.map(([name, { data, shape }]) => [
    name.slice('ema.'.length),
    { values: data, shape, dtype: 'float32' },
  ]);
  return { training, averages: Object.fromEntries(averages) };
}

/**
 * The preset whose denoiser is trained and sampled at the sizes of another. PyTorch's has no tokens of motion: at the sizes of `small` it is
 * the light one of pairs of two scans, which `oasis-2d` has.
 */
export const denoiserPreset = (presets, preset) => presets[preset === 'small' ? 'oasis-2d' : preset];

/** A denoiser of a preset with random code vectors, without dropout: PyTorch would draw other zeros. */
function denoiserOf({ nn, diffusion, pipeline }, preset) {
  const { vqae } = pipeline.presets[preset];
  const { diffusion: settings } = denoiserPreset(pipeline.presets, preset);
  const { coding, codes, codeDim } = vqae.model;
  const model = { ...settings.model, codes, grid: [coding === 'joint' ? 1 : 2, 16, 13, 16] };
  const config =
    model.kind === 'patch'
      ? { ...model, codeDim }
      : { ...model, dropout: 0, depth: preset === 'paper' ? PAPER_DEPTH : model.depth };
  const denoiser = new diffusion.Denoiser(config, SEED);
  const random = nn.Random.of('bench', 'codes');
  denoiser.setCodeVectors(Float32Array.from({ length: codes * codeDim }, () => random.normal()));
  const { depth } = settings.model;
  const cut = config.depth < depth ? `, ${config.depth} of ${depth} layers` : '';
  return { denoiser, settings, what: `${denoiser.tokens} tokens${cut}` };
}

async function diffusionStep(engine, preset, batch) {
  const { tf, nn, diffusion } = engine;
  const { denoiser, settings, what } = denoiserOf(engine, preset);
  const { learningRate, weighting, beta2, weightDecay } = settings;
  const random = nn.Random.of('bench', 'tokens');
  const items = Array.from({ length: batch }, () =>
    Int32Array.from({ length: denoiser.tokens }, () => random.integer(denoiser.config.codes)),
  );
  const training = new diffusion.DiffusionTraining(denoiser, {
    learningRate,
    weighting,
    beta2,
    weightDecay,
    seed: SEED,
  });
  // What the training masks in its steps; were it otherwise, the losses would differ.
  const masks = Array.from({ length: MASKS }, (_, step) =>
    items.map((item, index) => {
      const random = nn.Random.of(SEED, 'diffusion', 'mask', step, index);
      return diffusion.maskAtRandomTimes([item], denoiser.maskId, random);
    }),
  ).flat();
  const weights = await denoiser.state();
  const names = [...weights.keys()].filter((name) => name !== 'codes.weight');
  const run = () => training.update(items);
  const stacked = (arrays) => Int32Array.from(arrays.flatMap((array) => [...array]));
  const shape = [batch, denoiser.tokens];
  return {
    what: `${what}, batch ${batch}`,
    run,
    async first() {
      const { loss } = await run();
      return { names, values: [[loss], ...(await gradientsOf(tf, names, await training.state()))] };
    },
    torch: {
      op: 'diffusion',
      options: {
        names,
        config: denoiser.config,
        learning_rate: learningRate,
        beta2,
        weight_decay: weightDecay,
        weighting,
      },
      inputs: {
        ...weightInputs(weights),
        items: { values: stacked(items), shape, dtype: 'int32' },
        ids: { values: stacked(masks.map(({ ids }) => ids)), shape: [MASKS, ...shape], dtype: 'int32' },
        times: {
          values: Float32Array.from(masks.flatMap(({ times }) => [...times])),
          shape: [MASKS, batch],
          dtype: 'float32',
        },
      },
    },
    dispose: () => (training.dispose(), denoiser.dispose()),
  };
}

async function samplingStep(engine, preset) {
  const { tf, diffusion, pipeline } = engine;
  const { denoiser, what } = denoiserOf(engine, preset);
  const { temperature } = denoiserPreset(pipeline.presets, preset).synthesize;
  const passes = 4;
  const run = () => diffusion.sample(denoiser, 1, { steps: passes, temperature, seed: SEED });
  return {
    what: `${what}, one item in ${passes} passes`,
    run,
    async first() {
      const logits = tf.tidy(() => {
        const rows = denoiser.hidden(tf.fill([1, denoiser.tokens], denoiser.maskId, 'int32')).squeeze([0]);
        return denoiser.head(rows.slice([0, 0], [64, -1]));
      });
      const values = [await logits.data()];
      logits.dispose();
      return { names: [], values };
    },
    torch: {
      op: 'sampling',
      options: { names: [], config: denoiser.config, passes, temperature },
      inputs: weightInputs(await denoiser.state()),
    },
    dispose: () => denoiser.dispose(),
  };
}

async function registrationStep({ tf, nn, registration, pipeline }, preset, batch) {
  const { model, learningRate } = pipeline.presets[preset].registration;
  const size = SIZES[preset];
  const network = new registration.RegistrationNetwork(
    { ...model, spatialDims: 3, size },
    nn.Random.of('bench', 'net'),
  );
  const shape = [batch, ...size, 1];
  const values = batchOfImages(nn, size, batch);
  const [fixed, moving] = values.map((image) => tf.tensor(image, shape));
  const [fixedInput, movingInput] = values.map((image) => ({
    values: image,
    shape,
    dtype: 'float32',
    layout: 'volume',
  }));
  const weights = await network.state();
  const names = [...weights.keys()];
  const run = () => network.trainStep(fixed, moving, { learningRate });
  return {
    what: `${size.join(' x ')}, batch ${batch}`,
    run,
    async first() {
      const losses = await run();
      const gradients = await gradientsOf(tf, names, await network.optimiserState());
      return { names, values: [losses.map(({ total }) => total), ...gradients] };
    },
    torch: {
      op: 'registration',
      options: { names, config: network.config, learning_rate: learningRate },
      inputs: { ...weightInputs(weights), fixed: fixedInput, moving: movingInput },
    },
    dispose: () => (network.dispose(), tf.dispose([fixed, moving])),
  };
}
