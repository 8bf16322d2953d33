import { util } from '@tensorflow/tfjs-core';
import { kernel } from './kernel';

/** The matrix [Nout, Nin] applied along one axis of x. */
export const alongAxis = kernel<'x' | 'matrix', { readonly axis: number }>(
  'Paired3dAlongAxis',
  (call, { x, matrix }, { axis }) => {
    const [sizeOut, sizeIn] = matrix.shape;
    const y = call.output(x.shape.map((size, index) => (index === axis ? sizeOut : size)));
    call.kernels.alongAxis(
      call.struct({
        x: call.at(x),
        y: call.at(y),
        matrix: call.at(matrix),
        bands: call.scratch(2 * sizeOut),
        outer: util.sizeFromShape(x.shape.slice(0, axis)),
        sizeIn,
        sizeOut,
        inner: util.sizeFromShape(x.shape.slice(axis + 1)),
      }),
    );
    return y;
  },
);
