import type { HostTensor } from '@paired3d/nn';
import { RegistrationError } from './errors';

/**
 * The states of the networks' optimisers in one map. Moments already carry the network's number in their names
 * (`1.model…`); the step counts get it here: `0.step`, `1.step`.
 */
export function joinOptimiserStates(states: readonly ReadonlyMap<string, HostTensor>[]): Map<string, HostTensor> {
  return new Map(
    states.flatMap((state, net) =>
      [...state].map(([name, tensor]) => [name === 'step' ? `${net}.step` : name, tensor] as const),
    ),
  );
}

/**
 * The inverse of {@link joinOptimiserStates}.
 * @throws RegistrationError when the state is not of `count` optimisers
 */
export function splitOptimiserState(state: ReadonlyMap<string, HostTensor>, count: number): Map<string, HostTensor>[] {
  const parts = Array.from({ length: count }, () => new Map<string, HostTensor>());
  for (const [name, tensor] of state) {
    const net = Number(name.slice(0, name.indexOf('.')));
    if (!parts[net]) {
      throw new RegistrationError(
        'RegistrationNetwork.loadOptimiser',
        `${count} networks`,
        `'${name}'`,
        'load the state of this model',
      );
    }
    parts[net].set(name === `${net}.step` ? 'step' : name, tensor);
  }
  return parts;
}
