import type { SubgroupMatrix } from './subgroupMatrix';

/** `mixed`: factors of products in half precision, everything else in float32. */
export type Precision = 'float32' | 'mixed';

/** How a device multiplies. */
export interface Arithmetic {
  readonly precision: Precision;
  /** With `mixed`: what subgroups multiply at a time, where the device can and was found to do it right. */
  readonly matrix?: SubgroupMatrix;
}

const arithmetics = new WeakMap<object, Arithmetic>();

export function setArithmetic(backend: object, arithmetic: Arithmetic): void {
  arithmetics.set(backend, arithmetic);
}

/** Of a backend that nothing was said about: float32. */
export const arithmeticOf = (backend: object): Arithmetic => arithmetics.get(backend) ?? { precision: 'float32' };
