// Whole training steps of the three networks, at the sizes of a preset, on made-up data of the right kind.

/** Grid of the real scans at the resolution of preset `small`, and that of the paper's registration. */
const SIZES = { small: [64, 52, 64], paper: [128, 104, 128] };

/**
 * The steps by name. Each is made by `(engine, preset)` and has `update()`, one training step as the command line does
 * it, and `dispose()`; `what` says the sizes.
 */
export const steps = { vqae: vqaeStep, diffusion: diffusionStep, registration: registrationStep };

function vqaeStep({ tf, nn, vqae, pipeline }, preset) {
  const { model: config, learningRate, crop } = pipeline.presets[preset].vqae;
  // The paper's crops of 128 with batches of 8 do not fit any heap of 4 GiB.
  const size = preset === 'paper' ? 64 : crop;
  const model = new vqae.VqAutoencoder({ spatialDims: 3, ...config }, 1);
  const training = new vqae.VqaeTraining(model, { learningRate, seed: 1 });
  const pair = tf.stack(images({ tf, nn }, [size, size, size]), 4).squeeze([5]);
  return {
    what: `pair of ${size}^3, batch 1`,
    inputs: { pair },
    model,
    update: () => training.update(pair),
    dispose: () => (training.dispose(), model.dispose(), pair.dispose()),
  };
}

function diffusionStep({ nn, diffusion, pipeline }, preset) {
  const { vqae, diffusion: settings } = pipeline.presets[preset];
  const { learningRate, weighting, beta2, weightDecay } = settings;
  const images = vqae.model.coding === 'joint' ? 1 : 2;
  // At the paper's size a batch of 8 fits no heap of 4 GiB.
  const batch = preset === 'paper' ? 1 : settings.batch;
  const config = { ...settings.model, codes: vqae.model.codes, grid: [images, 16, 13, 16] };
  const { codes, codeDim } = vqae.model;
  const denoiser = new diffusion.Denoiser(config.kind === 'patch' ? { ...config, codeDim } : config, 1);
  const random = nn.Random.of('bench', 'tokens');
  denoiser.setCodeVectors(Float32Array.from({ length: codes * codeDim }, () => random.normal()));
  const items = Array.from({ length: batch }, () =>
    Int32Array.from({ length: denoiser.tokens }, () => random.integer(codes)),
  );
  const training = new diffusion.DiffusionTraining(denoiser, { learningRate, weighting, beta2, weightDecay, seed: 1 });
  return {
    what: `${denoiser.tokens} tokens, batch ${batch}`,
    inputs: { items },
    model: denoiser,
    update: () => training.update(items),
    dispose: () => (training.dispose(), denoiser.dispose()),
  };
}

function registrationStep({ tf, nn, registration, pipeline }, preset) {
  const { model, learningRate } = pipeline.presets[preset].registration;
  const size = SIZES[preset];
  const network = new registration.RegistrationNetwork(
    { ...model, spatialDims: 3, size },
    nn.Random.of('bench', 'net'),
  );
  const [fixed, moving] = images({ tf, nn }, size);
  return {
    what: `${size.join(' x ')}, batch 1`,
    inputs: { fixed, moving },
    model: network,
    update: () => network.trainStep(fixed, moving, { learningRate }),
    dispose: () => (network.dispose(), tf.dispose([fixed, moving])),
  };
}

/** Two images [1, ...size, 1] of a few soft balls each, the second's moved a little. */
function images({ tf, nn }, size) {
  const random = nn.Random.of('bench', 'images');
  const balls = Array.from({ length: 12 }, () => ({
    centre: size.map((n) => n * random.uniform()),
    radius: Math.min(...size) * (0.05 + 0.1 * random.uniform()),
    motion: size.map((n) => 0.04 * n * random.normal()),
  }));
  return [0, 1].map((time) => {
    const values = new Float32Array(size[0] * size[1] * size[2]);
    let at = 0;
    for (let i = 0; i < size[0]; i++)
      for (let j = 0; j < size[1]; j++)
        for (let k = 0; k < size[2]; k++) {
          const inside = balls.map(({ centre, radius, motion }) => {
            const distance = Math.hypot(...[i, j, k].map((p, a) => p - centre[a] - time * motion[a]));
            return 1 / (1 + Math.exp(distance - radius));
          });
          values[at++] = Math.max(...inside);
        }
    return tf.tensor(values, [1, ...size, 1]);
  });
}
