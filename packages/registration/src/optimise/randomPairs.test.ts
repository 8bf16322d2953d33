import * as tf from '@tensorflow/tfjs';
import { Random } from '@paired3d/nn';
import { expect, it } from 'vitest';
import type { Size3 } from '../config';
import { RegistrationError } from '../errors';
import { useWasm } from '../testing';
import type { ImageVolume } from './images';
import { optimisePair } from './optimisePair';
import { OPTIMISE_PRESETS, type OptimiseRecipe } from './recipe';

await useWasm();

/** Pairs of each kind; `npm run test:slow` asks for many more, and for the whole preset. */
const RUNS = Number(process.env.PAIRED3D_RUNS ?? 1);
const { fast } = OPTIMISE_PRESETS;
const recipe: OptimiseRecipe =
  RUNS > 1 ? fast : { ...fast, stages: fast.stages.map((stage) => ({ ...stage, iterations: 3 })) };

type Pair = readonly [fixed: ImageVolume, moving: ImageVolume];

const sizeOf = (random: Random, most = 20): Size3 => [0, 1, 2].map(() => 1 + random.integer(most)) as unknown as Size3;

/** A mask with a few balls in it, at least one voxel large. */
function mask(random: Random, size: Size3): ImageVolume {
  const [I, J, K] = size;
  const data = new Uint8Array(I * J * K);
  for (let n = 1 + random.integer(4); n > 0; n--) {
    const centre = size.map((length) => random.integer(length));
    const radius = 0.5 + random.uniform() * (Math.max(...size) / 3);
    for (let v = 0; v < data.length; v++) {
      const at = [Math.floor(v / (J * K)), Math.floor(v / K) % J, v % K];
      if (Math.hypot(...at.map((x, a) => x - centre[a])) <= radius) data[v] = 1;
    }
  }
  return { data, shape: size };
}

const values = (size: Size3, value: () => number): ImageVolume => ({
  data: Float64Array.from({ length: size[0] * size[1] * size[2] }, value),
  shape: size,
});

function singleVoxel(random: Random, size: Size3): ImageVolume {
  const image = values(size, flat(0));
  (image.data as Float64Array)[random.integer(image.data.length)] = 1;
  return image;
}

/** With one value replaced. */
function spoilt(random: Random, image: ImageVolume, value: number): ImageVolume {
  const data = Float64Array.from(image.data);
  data[random.integer(data.length)] = value;
  return { ...image, data };
}

const flat = (value: number) => () => value;

const kinds: Record<string, (random: Random, size: Size3) => Pair> = {
  masks: (random, size) => [mask(random, size), mask(random, size)],
  'the same mask': (random, size) => {
    const image = mask(random, size);
    return [image, image];
  },
  'an empty mask': (random, size) => [mask(random, size), values(size, flat(0))],
  'a full mask': (random, size) => [values(size, flat(1)), mask(random, size)],
  'single voxels': (random, size) => [singleVoxel(random, size), singleVoxel(random, size)],
  'other shapes': (random, size) => [mask(random, size), mask(random, sizeOf(random))],
  'not a number': (random, size) => [mask(random, size), spoilt(random, mask(random, size), NaN)],
  infinite: (random, size) => [
    spoilt(random, mask(random, size), random.uniform() < 0.5 ? Infinity : -Infinity),
    mask(random, size),
  ],
  noise: (random, size) => [values(size, () => random.normal()), values(size, () => random.normal())],
  'huge intensities': (random, size) => {
    const scale = 10 ** (600 * random.uniform() - 300);
    const noise = () => scale * random.normal();
    return [values(size, noise), values(size, noise)];
  },
  'large offsets': (random, size) => {
    const noise = () => 1e6 + random.uniform();
    return [values(size, noise), values(size, noise)];
  },
  'a shift out of the frame': (random, size) => {
    const image = mask(random, size);
    const away = image.data.length - 1 - random.integer(2);
    const moved = values(size, flat(0));
    (moved.data as Float64Array)[away] = 1;
    return [image, moved];
  },
  'voxels like needles': (random, size) => {
    const affine = [0, 1, 2].map((row) => [0, 1, 2, 3].map((c) => (row === c ? 10 ** (4 * random.uniform() - 2) : 0)));
    const image = { ...mask(random, size), affine: [...affine, [0, 0, 0, 1]] };
    return [image, { ...mask(random, size), affine: image.affine }];
  },
};

/** A result without a hole in it, or an error that says what was wrong. */
async function check([fixed, moving]: Pair): Promise<'registered' | 'refused'> {
  try {
    const { forward, backward, transform, losses } = await optimisePair(fixed, moving, { recipe });
    for (const field of [forward.data, backward.data, transform.displacement, transform.jacobian().data, losses]) {
      expect(Array.from(field).every(Number.isFinite)).toBe(true);
    }
    return 'registered';
  } catch (error) {
    if (!(error instanceof RegistrationError)) throw error;
    return 'refused';
  }
}

it.each(Object.entries(kinds))('%s: a result or a typed error, never NaN, nothing left behind', async (name, make) => {
  const before = tf.memory().numTensors;
  for (let run = 0; run < RUNS; run++) {
    const random = Random.of(1, name, run);
    const outcome = await check(make(random, sizeOf(random)));
    if (['an empty mask', 'a full mask', 'not a number', 'infinite'].includes(name)) expect(outcome).toBe('refused');
    expect(tf.memory().numTensors, `run ${run}`).toBe(before);
  }
});
