/** Numbers of four bytes that a model holds at once. */
export interface Floats {
  /** its parameters */
  readonly weights: number;
  /** values and gradients of the training on one sample */
  readonly training: number;
  /** values of one item without gradients */
  readonly inference: number;
  /** values of one item that lie outside of the backend; none by default */
  readonly host?: number;
}

export const product = (numbers: readonly number[]) => numbers.reduce((a, b) => a * b, 1);
