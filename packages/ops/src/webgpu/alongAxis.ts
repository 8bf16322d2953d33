import { util } from '@tensorflow/tfjs-core';
import { kernel } from './kernel';
import { each } from './program';

/** The matrix [Nout, Nin] applied along one axis of x. Its rows are bands: first the ends of these are found. */
export const alongAxis = kernel<'x' | 'matrix', { readonly axis: number }>(
  'Paired3dAlongAxis',
  (call, { x, matrix }, { axis }) => {
    const [sizeOut, sizeIn] = matrix.shape;
    const y = call.output(x.shape.map((size, index) => (index === axis ? sizeOut : size)));
    const bands = call.scratch([sizeOut, 2], 'int32');
    call.run(
      each(sizeOut, {
        name: 'bands',
        reads: { matrix },
        writes: { bands },
        integers: { sizeIn },
        code: `fn element(row: i32) {
  var first = 0;
  var end = u.sizeIn;
  while (first < end && matrix[row * u.sizeIn + first] == 0.0) { first++; }
  while (end > first && matrix[row * u.sizeIn + end - 1] == 0.0) { end--; }
  bands[2 * row] = first;
  bands[2 * row + 1] = end;
}`,
      }),
    );
    call.run(
      each(util.sizeFromShape(y.shape), {
        name: 'product',
        reads: { x, matrix, bands },
        writes: { y },
        integers: { sizeIn, sizeOut, inner: util.sizeFromShape(x.shape.slice(axis + 1)) },
        code: `fn element(i: i32) {
  let row = i / u.inner % u.sizeOut;
  let start = i / u.inner / u.sizeOut * u.sizeIn * u.inner + i % u.inner;
  var sum = 0.0;
  for (var n = bands[2 * row]; n < bands[2 * row + 1]; n++) {
    sum += matrix[row * u.sizeIn + n] * x[start + n * u.inner];
  }
  y[i] = sum;
}`,
      }),
    );
    return y;
  },
);
