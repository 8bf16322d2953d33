import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { computeGradients, Random } from '@paired3d/nn';
import { warp3d } from '@paired3d/ops';
import type { RegistrationConfig } from './config';
import { foldedPercentage, inverseConsistencyError, readDisplacement } from './metrics';
import { RegistrationNetwork } from './network';
import { globalCorrelationLoss } from './similarity';
import { ball, leaked, slope, useWasm } from './testing';

const SIZE = [16, 14, 16] as const;
const SMALL: Partial<RegistrationConfig> = {
  size: SIZE,
  channels: [4, 6, 8],
  strides: [2, 2],
  smoothing: { width: 3, strides: [2, 1] },
  integrationSteps: 6,
  integrateAt: 'grid',
};

beforeAll(useWasm);

const pair = () => [ball(SIZE, [7, 6, 7], 4), ball(SIZE, [8.5, 7, 7.5], 4)] as const;
const total = (losses: readonly { total: number }[]) => losses.reduce((sum, loss) => sum + loss.total, 0);

describe('RegistrationNetwork', () => {
  it('has two networks of the paper by default', () => {
    const network = new RegistrationNetwork();
    expect(network.parameters.count).toBe(2 * 662_205);
    network.dispose();
  });

  it('exchanges the directions when the images are exchanged, and they are inverses', async () => {
    const network = new RegistrationNetwork({ ...SMALL, velocityScale: 1 }, new Random(2));
    const [fixed, moving] = pair();
    const one = network.displacement(fixed, moving);
    const other = network.displacement(moving, fixed);
    const difference = tf.max(tf.abs(tf.sub(one.forward, other.backward))).dataSync()[0];
    expect(difference).toBeLessThan(1e-5);
    const [forward, backward] = [await readDisplacement(one.forward), await readDisplacement(one.backward)];
    const zero = { data: new Float32Array(forward.data.length), size: forward.size };
    const moved = inverseConsistencyError(forward, zero, [16, 14, 16]);
    expect(moved).toBeGreaterThan(0.05);
    expect(inverseConsistencyError(forward, backward, [16, 14, 16])).toBeLessThan(0.05 * moved);
    network.dispose();
  });

  it.each([
    ['l1 and diffusion', { regularisation: 0.1 }],
    [
      'ncc and bending, at image size',
      { similarity: 'ncc', regulariser: 'bending', regularisation: 0.001, integrateAt: 'image' },
    ],
    ['one network', { steps: 1 }],
    ['three networks', { steps: 3 }],
  ] as const)('learns to align a pair: %s', async (_, options) => {
    const network = new RegistrationNetwork({ ...SMALL, ...options }, new Random(1));
    const [fixed, moving] = pair();
    const before = total(await network.losses(fixed, moving));
    for (let step = 0; step < 12; step++) await network.trainStep(fixed, moving, { learningRate: 0.01 });
    expect(total(await network.losses(fixed, moving))).toBeLessThan(0.6 * before);
    const { forward, backward } = network.displacement(fixed, moving);
    const apart = (a: tf.Tensor5D, b: tf.Tensor5D) => tf.mean(tf.abs(tf.sub(a, b))).dataSync()[0];
    expect(apart(warp3d(fixed, forward), moving)).toBeLessThan(0.6 * apart(fixed, moving));
    expect(apart(warp3d(moving, backward), fixed)).toBeLessThan(0.6 * apart(fixed, moving));
    expect(foldedPercentage(await readDisplacement(forward))).toBe(0);
    network.dispose();
  });

  it('has the gradient of finite differences', () => {
    const network = new RegistrationNetwork(SMALL, new Random(3));
    const [fixed, moving] = pair();
    const loss = () =>
      tf.tidy(() => globalCorrelationLoss(network.step(0, fixed, moving).warpedFixed, moving)) as tf.Scalar;
    const scope = network.parameters.scope(0);
    const { gradients } = computeGradients(scope, loss);
    for (const name of ['0.model.2.conv.weight', '0.model.1.submodule.0.conv.weight', '0.model.0.conv.weight']) {
      const variable = scope.entries.get(name)!;
      const start = variable.clone();
      const gradient = gradients.get(name)!;
      const direction = tf.div(gradient, tf.norm(gradient));
      const expected = slope((s) => {
        variable.assign(tf.add(start, tf.mul(direction, s)));
        return loss().dataSync()[0];
      }, 0.004);
      variable.assign(start);
      const along = tf.sum(tf.mul(gradient, direction)).dataSync()[0];
      expect(Math.abs(along - expected)).toBeLessThan(0.05 * Math.abs(expected));
    }
    network.dispose();
  });

  it('takes a batch', async () => {
    const network = new RegistrationNetwork(SMALL);
    const [a, b] = pair();
    const losses = await network.trainStep(tf.concat([a, b]), tf.concat([b, a]), { learningRate: 0.01 });
    expect(losses.length).toBe(2);
    expect(network.displacement(tf.concat([a, b]), tf.concat([b, a])).forward.shape).toEqual([2, ...SIZE, 3]);
    network.dispose();
  });

  it('works on one slice, without displacement out of the plane', async () => {
    const size = [1, 20, 24] as const;
    const network = new RegistrationNetwork({ ...SMALL, size, spatialDims: 2 }, new Random(4));
    const fixed = ball(size, [0, 9, 11], 5);
    const moving = ball(size, [0, 10.5, 12], 5);
    const before = total(await network.losses(fixed, moving));
    for (let step = 0; step < 20; step++) await network.trainStep(fixed, moving, { learningRate: 0.01 });
    expect(total(await network.losses(fixed, moving))).toBeLessThan(0.6 * before);
    const { data } = await readDisplacement(network.displacement(fixed, moving).forward);
    expect(data.filter((value, i) => i % 3 === 2 && value !== 0).length).toBe(0);
    expect((await network.state()).get('0.model.0.conv.weight')!.shape).toEqual([4, 2, 3, 3]);
    network.dispose();
  });

  it('registers maps of two labels, a channel each', async () => {
    const network = new RegistrationNetwork({ ...SMALL, labels: 2, similarity: 'ncc' }, new Random(2));
    const [fixed, moving] = pair().map((image) => tf.concat([image, tf.sub(1, image)], 4) as tf.Tensor5D);
    const first = await network.trainStep(fixed, moving, { learningRate: 0.01 });
    let last = first;
    for (let step = 0; step < 15; step++) last = await network.trainStep(fixed, moving, { learningRate: 0.01 });
    expect(total(last)).toBeLessThan(total(first));
    expect(() => network.displacement(...pair())).toThrow('expected fixed of shape [1,16,14,16,2]');
    network.dispose();
  });

  it('goes on bit-exactly from its state', async () => {
    const [fixed, moving] = pair();
    const one = new RegistrationNetwork(SMALL, new Random(5));
    const other = new RegistrationNetwork(SMALL, new Random(6));
    await one.trainStep(fixed, moving, { learningRate: 0.01 });
    other.load(await one.state());
    other.loadOptimiser(await one.optimiserState());
    for (const network of [one, other]) await network.trainStep(fixed, moving, { learningRate: 0.01 });
    expect(await other.losses(fixed, moving)).toEqual(await one.losses(fixed, moving));
    expect(() =>
      new RegistrationNetwork({ ...SMALL, steps: 1 }).loadOptimiser(new Map([['1.step', {} as never]])),
    ).toThrow('expected 1 networks');
    one.dispose();
    other.dispose();
  });

  it('adapts a copy to a pair: n iterations are n - 1 updates', async () => {
    const [fixed, moving] = pair();
    const network = new RegistrationNetwork(SMALL, new Random(7));
    const before = await network.losses(fixed, moving);
    const seen: number[] = [];
    const onIteration = ({ iteration }: { iteration: number }) => void seen.push(iteration);
    const adapted = await network.adaptToPair(fixed, moving, { iterations: 3, learningRate: 0.01, onIteration });
    expect(seen).toEqual([1, 2]);
    expect(await network.losses(fixed, moving)).toEqual(before);
    for (let step = 0; step < 2; step++) await network.trainStep(fixed, moving, { learningRate: 0.01 });
    const trained = network.displacement(fixed, moving);
    expect(await adapted.forward.data()).toEqual(await trained.forward.data());
    network.dispose();
  });

  it('stops adapting when asked to', async () => {
    const [fixed, moving] = pair();
    const network = new RegistrationNetwork(SMALL);
    const controller = new AbortController();
    const onIteration = () => controller.abort(new Error('enough'));
    expect(
      await leaked(() =>
        expect(network.adaptToPair(fixed, moving, { onIteration, signal: controller.signal })).rejects.toThrow(
          'enough',
        ),
      ),
    ).toBe(0);
    await expect(network.adaptToPair(fixed, moving, { iterations: 0 })).rejects.toThrow('one iteration or more');
    network.dispose();
  });

  it('refuses images of another size', async () => {
    const network = new RegistrationNetwork(SMALL);
    const image = ball([8, 8, 8], [4, 4, 4], 2);
    expect(() => network.displacement(image, image)).toThrow(
      'RegistrationNetwork.displacement: expected fixed of shape [1,16,14,16,1], got [1,8,8,8,1]',
    );
    await expect(network.trainStep(image, image, { learningRate: 0.1 })).rejects.toThrow('resample both images');
    network.dispose();
  });

  it.each(['grid', 'image'] as const)('leaks nothing when it integrates on the %s', async (integrateAt) => {
    const [fixed, moving] = pair();
    expect(
      await leaked(async () => {
        const network = new RegistrationNetwork({ ...SMALL, integrateAt });
        await network.trainStep(fixed, moving, { learningRate: 0.01 });
        const steady = await leaked(async () => {
          await network.trainStep(fixed, moving, { learningRate: 0.01 });
          await network.losses(fixed, moving);
          tf.dispose(Object.values(await network.adaptToPair(fixed, moving, { iterations: 2 })));
          tf.dispose(Object.values(network.step(1, fixed, moving)));
          tf.dispose(Object.values(network.displacement(fixed, moving)));
        });
        expect(steady).toBe(0);
        network.dispose();
      }),
    ).toBe(0);
  });
});
