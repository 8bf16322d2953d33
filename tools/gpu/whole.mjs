// Of the folder: what a person waits for, at the sizes of the paper (or with --tiny at small ones), with random weights.
import { writeFileSync } from 'node:fs';
import { startEngine } from '../bench/engine.mjs';
import { batchOfImages } from '../bench/images.mjs';

const tiny = process.argv.includes('--tiny');
const [output] = process.argv.slice(2);
const preset = tiny ? 'tiny' : 'paper';
const grid = tiny ? [4, 3, 4] : [16, 13, 16];
const passes = tiny ? 4 : 256;
const SEED = 1;

const engine = await startEngine('webgpu');
const { tf, nn, vqae, diffusion, registration, pipeline, finish } = engine;
const settings = pipeline.presets[preset];
const images = settings.vqae.model.coding === 'joint' ? 1 : 2;

const figures = { preset, passes };
async function time(name, work) {
  console.log(`${name} …`);
  const start = performance.now();
  const result = await work();
  await finish();
  figures[name] = (performance.now() - start) / 1000;
  console.log(`${name}: ${figures[name].toFixed(2)} s`);
  return result;
}

/** Says at the first pass, and then from time to time, that it goes on. */
function tellPass(pass) {
  if (pass === 1 || pass % 32 === 0) console.log(`pass ${pass} of ${passes}`);
}

const { codes, codeDim } = settings.vqae.model;
const model = { ...settings.diffusion.model, codes, grid: [images, ...grid] };
const denoiser = new diffusion.Denoiser(model.kind === 'patch' ? { ...model, codeDim } : model, SEED);
const random = nn.Random.of('gpu', 'codes');
denoiser.setCodeVectors(Float32Array.from({ length: codes * codeDim }, () => random.normal()));
const samples = await time(`two pairs sampled in ${passes} passes`, () =>
  diffusion.sample(denoiser, 2, { steps: passes, temperature: 1, seed: SEED, onStep: tellPass }),
);
denoiser.dispose();

const autoencoder = new vqae.VqAutoencoder({ spatialDims: 3, ...settings.vqae.model }, SEED);
// The activations of a whole frame are larger than what a shader may read.
const decoder = tiny ? autoencoder : vqae.inSlabs(autoencoder);
await time('two pairs decoded', async () => {
  for (const tokens of samples) {
    const ids = tf.tensor(tokens, [1, images, ...grid], 'int32');
    const decoded = await decoder.decodeTokens(ids);
    await decoded.data();
    tf.dispose([ids, decoded]);
  }
});
autoencoder.dispose();

const shape = tiny ? [16, 12, 16] : [128, 104, 128];
const [fixed, moving] = batchOfImages(nn, shape, 1).map((data) => ({ data, shape }));
await time('a pair registered by optimisation', () => registration.optimisePair(fixed, moving, { recipe: 'fast' }));
writeFileSync(output, `${JSON.stringify(figures)}\n`);
process.exit(0);
