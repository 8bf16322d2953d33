import * as tf from '@tensorflow/tfjs-core';
import {
  Adam,
  computeGradients,
  loadStateDict,
  Parameters,
  Random,
  stateDict,
  stepOverSamples,
  type HostTensor,
  type Layer,
  type SampleGradients,
} from '@paired3d/nn';
import { composeFields, warp3d } from '@paired3d/ops';
import { registrationConfig, type RegistrationConfig } from './config';
import { RegistrationError } from './errors';
import { joinOptimiserStates, splitOptimiserState } from './optimiserState';
import { halves, pairOf, SymmetricStep, type Pair } from './symmetricStep';
import type { AdaptOptions, Displacements, StepLoss, StepResult } from './types';
import { unet } from './unet';

/**
 * Two-step inverse-consistent registration network. Network n gives
 *
 *   velocity  v = smooth(s tanh(net(f, m)) - s tanh(net(m, f))),   forward = exp(v),   backward = exp(-v)
 *
 * so that exchanging the images exchanges the directions by construction. The next network registers the images
 * warped half way, f o exp(v/2) and m o exp(-v/2), and the parts are put together symmetrically:
 * exp(v1/2) o exp(v2) o exp(v1/2). Each network has its own loss and its own Adam; what the ones before it did is constant to it.
 *
 * H. Greer et al.: Inverse consistency by construction for multistep deep registration, MICCAI 2023,
 * doi:10.1007/978-3-031-43999-5_65; H. Greer et al.: ICON, ICCV 2021.
 *
 * Images are [B, ...config.size, config.labels ?? 1].
 */
export class RegistrationNetwork {
  readonly config: RegistrationConfig;
  /** Names `0.model…` and `1.model…`: the state dicts of the networks in a list. */
  readonly parameters: Parameters;
  private readonly nets: { parameters: Parameters; forward: Layer<tf.Tensor5D>; adam: Adam }[];
  private readonly symmetric: SymmetricStep;

  /**
   * @param options missing fields are the paper's
   * @param random draws the initial weights
   * @throws RegistrationError when the configuration does not fit together
   */
  constructor(options: Partial<RegistrationConfig> = {}, random: Random = new Random(0)) {
    const config = (this.config = registrationConfig(options));
    this.parameters = new Parameters(random);
    this.nets = Array.from({ length: config.steps }, (_, net) => {
      const parameters = this.parameters.scope(net);
      const { spatialDims, channels, strides, labels = 1 } = config;
      const forward = unet(parameters, { spatialDims, channels, strides, in: 2 * labels, out: spatialDims });
      // Every update passes its rate.
      return { parameters, forward, adam: new Adam(parameters, { learningRate: 0 }) };
    });
    this.symmetric = new SymmetricStep(config);
  }

  /** What network `net` makes of a pair of images. The caller owns the result; differentiable in the weights. */
  step(net: number, fixed: tf.Tensor5D, moving: tf.Tensor5D): StepResult {
    this.check('RegistrationNetwork.step', fixed, moving);
    return tf.tidy(() => {
      const pair = pairOf(fixed, moving);
      const velocity = this.symmetric.velocity(this.nets[net].forward, pair);
      const { displacements } = this.symmetric.integrate(velocity);
      const [forward, backward] = halves(displacements);
      const [warpedFixed, warpedMoving] = halves(warp3d(pair.sources, displacements));
      return { velocity, forward, backward, warpedFixed, warpedMoving };
    }) as unknown as StepResult;
  }

  /** The losses of the networks, first to last, without an update. */
  async losses(fixed: tf.Tensor5D, moving: tf.Tensor5D): Promise<StepLoss[]> {
    this.check('RegistrationNetwork.losses', fixed, moving);
    const losses = tf.tidy(() => {
      const parts: tf.Tensor1D[] = [];
      let pair = pairOf(fixed, moving);
      for (const { forward } of this.nets) {
        const loss = this.symmetric.loss(forward, pair);
        parts.push(loss.parts);
        if (parts.length < this.nets.length) ({ pair } = this.symmetric.halfWay(pair, loss.velocity));
      }
      return tf.stack(parts);
    });
    const values = await losses.data();
    losses.dispose();
    return stepLosses(values);
  }

  /**
   * What a pair of images [1, ...size, labels] gives to a step: the gradients of every network, each of its own loss. Its facts
   * are `losses` [net, (total, similarity, regularity)].
   * @throws MissingGradientsError (`@paired3d/nn`) when TensorFlow.js has no gradients registered
   */
  gradients(fixed: tf.Tensor5D, moving: tf.Tensor5D): SampleGradients {
    this.check('RegistrationNetwork.gradients', fixed, moving);
    const names: string[] = [];
    const [losses, ...tensors] = tf.tidy(() => {
      const parts: tf.Tensor1D[] = [];
      const gradients: tf.Tensor[] = [];
      let pair = pairOf(fixed, moving);
      for (let net = 0; net < this.nets.length; net++) {
        const own = this.ownGradients(net, pair);
        parts.push(own.parts);
        names.push(...own.gradients.keys());
        gradients.push(...own.gradients.values());
        if (net + 1 < this.nets.length) ({ pair } = this.symmetric.halfWay(pair, own.velocity));
      }
      return [tf.stack(parts), ...gradients];
    });
    return { gradients: new Map(names.map((name, i) => [name, tensors[i]])), facts: { losses } };
  }

  /**
   * One update of every network, each by its own Adam, with the mean of the samples' gradients. Disposes neither.
   * @returns the mean of the samples' losses, before the update
   */
  async apply(
    gradients: ReadonlyMap<string, tf.Tensor>,
    facts: readonly SampleGradients['facts'][],
    { learningRate }: { learningRate: number },
  ): Promise<StepLoss[]> {
    for (const { adam } of this.nets) adam.apply(gradients, learningRate);
    const samples = await Promise.all(facts.map(({ losses }) => losses.data()));
    return stepLosses(Array.from(samples[0], (_, i) => samples.reduce((sum, of) => sum + of[i], 0) / samples.length));
  }

  /**
   * One update of every network on a batch of pairs, sample by sample: a network's loss is the mean of the samples'.
   * @returns the losses before the update
   * @throws MissingGradientsError (`@paired3d/nn`) when TensorFlow.js has no gradients registered
   */
  async trainStep(fixed: tf.Tensor5D, moving: tf.Tensor5D, options: { learningRate: number }): Promise<StepLoss[]> {
    this.check('RegistrationNetwork.trainStep', fixed, moving);
    const batch = fixed.shape[0];
    const [fixedImages, movingImages] = [fixed, moving].map((images) => tf.split(images, batch) as tf.Tensor5D[]);
    try {
      return await stepOverSamples(
        batch,
        (index) => this.gradients(fixedImages[index], movingImages[index]),
        (gradients, facts) => this.apply(gradients, facts, options),
      );
    } finally {
      tf.dispose([fixedImages, movingImages]);
    }
  }

  /** The displacements of the whole registration. The caller owns them. */
  displacement(fixed: tf.Tensor5D, moving: tf.Tensor5D): Displacements {
    this.check('RegistrationNetwork.displacement', fixed, moving);
    return tf.tidy(() => {
      let pair = pairOf(fixed, moving);
      const outer: tf.Tensor5D[] = [];
      let velocity = this.symmetric.velocity(this.nets[0].forward, pair);
      for (const { forward } of this.nets.slice(1)) {
        const half = this.symmetric.halfWay(pair, velocity);
        outer.push(half.displacements);
        pair = half.pair;
        velocity = this.symmetric.velocity(forward, pair);
      }
      const { displacements } = this.symmetric.integrate(velocity);
      const around = (inner: tf.Tensor5D, half: tf.Tensor5D) => composeFields(composeFields(half, inner), half);
      const whole = outer.reduceRight(around, displacements);
      const [forward, backward] = halves(whole);
      return { forward, backward };
    }) as unknown as Displacements;
  }

  /**
   * Test-time adaptation (`tta`): goes on training on the one pair to be registered, on a copy of the weights.
   *
   * As in the published evaluation the field is computed in iteration `iterations` before its update, so that 50
   * iterations give the field after 49 updates.
   * @returns the adapted displacements; the caller owns them
   */
  async adaptToPair(fixed: tf.Tensor5D, moving: tf.Tensor5D, options: AdaptOptions = {}): Promise<Displacements> {
    const { iterations = 50, learningRate = 0.005, onIteration, signal } = options;
    if (!Number.isInteger(iterations) || iterations < 1) {
      throw new RegistrationError(
        'RegistrationNetwork.adaptToPair',
        'one iteration or more',
        `${iterations}`,
        'change iterations',
      );
    }
    const copy = new RegistrationNetwork(this.config);
    try {
      for (const [name, variable] of copy.parameters.entries) variable.assign(this.parameters.entries.get(name)!);
      for (let iteration = 1; iteration < iterations; iteration++) {
        signal?.throwIfAborted();
        const losses = await copy.trainStep(fixed, moving, { learningRate });
        await onIteration?.({ iteration, iterations, losses });
      }
      signal?.throwIfAborted();
      return copy.displacement(fixed, moving);
    } finally {
      copy.dispose();
    }
  }

  /** The weights on the host, in PyTorch's layout: `0.model.0.conv.weight` and so on. */
  state(): Promise<Map<string, HostTensor>> {
    return stateDict(this.parameters, this.config);
  }

  /**
   * Sets the weights.
   * @throws StateDictError (`@paired3d/nn`) listing what does not fit; nothing is changed then
   */
  load(state: ReadonlyMap<string, HostTensor>): void {
    loadStateDict(this.parameters, state, this.config);
  }

  /** The moments and step counts of the optimisers, for a bit-exact continuation. */
  async optimiserState(): Promise<Map<string, HostTensor>> {
    return joinOptimiserStates(await Promise.all(this.nets.map(({ adam }) => adam.state())));
  }

  /** Sets what {@link optimiserState} gave. */
  loadOptimiser(state: ReadonlyMap<string, HostTensor>): void {
    splitOptimiserState(state, this.nets.length).forEach((part, net) => this.nets[net].adam.load(part));
  }

  /** Frees weights, moments and constants. */
  dispose(): void {
    for (const { adam } of this.nets) adam.dispose();
    this.parameters.dispose();
    this.symmetric.dispose();
  }

  /** The gradients of one network's loss, and its velocity: a constant to the next one. The results are the tidy's. */
  private ownGradients(net: number, pair: Pair) {
    const { parameters, forward } = this.nets[net];
    const kept: tf.Tensor[] = [];
    const { gradients } = computeGradients(parameters, () => {
      const { total, velocity, parts } = this.symmetric.loss(forward, pair);
      // What leaves the tape must be kept, or the engine frees it with the intermediate results.
      kept.push(tf.keep(velocity), tf.keep(parts));
      return total;
    });
    const [velocity, parts] = kept.map((tensor) => tensor.clone());
    tf.dispose(kept);
    return { gradients, velocity: velocity as tf.Tensor5D, parts: parts as tf.Tensor1D };
  }

  private check(where: string, fixed: tf.Tensor5D, moving: tf.Tensor5D): void {
    const wanted = [fixed.shape[0], ...this.config.size, this.config.labels ?? 1];
    for (const [name, image] of Object.entries({ fixed, moving })) {
      if (tf.util.arraysEqual(image.shape, wanted)) continue;
      const advice = 'resample both images to the size of the configuration';
      throw new RegistrationError(where, `${name} of shape [${wanted}]`, `[${image.shape}]`, advice);
    }
  }
}

/** Losses of the networks from [net, (total, similarity, regularity)]. */
function stepLosses(values: ArrayLike<number>): StepLoss[] {
  return Array.from({ length: values.length / 3 }, (_, net) => ({
    total: values[3 * net],
    similarity: values[3 * net + 1],
    regularity: values[3 * net + 2],
  }));
}
