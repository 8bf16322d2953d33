/** A tensor in plain memory, row-major, in double precision: what the references compute on. */
export interface Host {
  readonly shape: readonly number[];
  readonly data: Float64Array;
  readonly dtype: 'float32' | 'int32';
}

export function volumeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

export function host(shape: readonly number[], data?: ArrayLike<number>, dtype: Host['dtype'] = 'float32'): Host {
  return { shape, data: data ? Float64Array.from(data) : new Float64Array(volumeOf(shape)), dtype };
}

/** Position of an element, or -1 outside the tensor. */
export function at(shape: readonly number[], ...index: number[]): number {
  let position = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    if (index[axis] < 0 || index[axis] >= shape[axis]) return -1;
    position = position * shape[axis] + index[axis];
  }
  return position;
}

/** The value there, zero outside. */
export function read(x: Host, ...index: number[]): number {
  const position = at(x.shape, ...index);
  return position < 0 ? 0 : x.data[position];
}

/** Calls back with every index of a shape, in row-major order. */
export function forEachIndex(shape: readonly number[], callback: (...index: number[]) => void): void {
  const visit = (prefix: number[]): void => {
    if (prefix.length === shape.length) return callback(...prefix);
    for (let i = 0; i < shape[prefix.length]; i++) visit([...prefix, i]);
  };
  visit([]);
}

/** A tensor from the value of each element. */
export function generate(shape: readonly number[], value: (...index: number[]) => number): Host {
  const result = host(shape);
  let position = 0;
  forEachIndex(shape, (...index) => {
    result.data[position++] = value(...index);
  });
  return result;
}
