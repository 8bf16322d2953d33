import { kernel } from './kernel';

/** x [N, C], scale [C], offset [C] to [y, mean [N], rstd [N]]. */
export const layerNorm = kernel<'x' | 'scale' | 'offset', { readonly epsilon: number }>(
  'Paired3dLayerNorm',
  (call, { x, scale, offset }, { epsilon }) => {
    const [rows, columns] = x.shape;
    const y = call.output(x.shape);
    const mean = call.output([rows]);
    const rstd = call.output([rows]);
    const parameters = {
      x: call.at(x),
      y: call.at(y),
      dy: 0,
      scale: call.at(scale),
      offset: call.at(offset),
      dscale: 0,
      doffset: 0,
      mean: call.at(mean),
      rstd: call.at(rstd),
      sums: 0,
      rows,
      columns,
    };
    call.kernels.layerNorm(call.struct(parameters), epsilon);
    return [y, mean, rstd];
  },
);

/** To [dx [N, C], dscale [C], doffset [C]]. */
export const layerNormGrad = kernel<'dy' | 'x' | 'scale' | 'mean' | 'rstd'>(
  'Paired3dLayerNormGrad',
  (call, { dy, x, scale, mean, rstd }) => {
    const [rows, columns] = x.shape;
    const dx = call.output(x.shape);
    const dscale = call.output([columns]);
    const doffset = call.output([columns]);
    const parameters = {
      x: call.at(x),
      y: call.at(dx),
      dy: call.at(dy),
      scale: call.at(scale),
      offset: 0,
      dscale: call.at(dscale),
      doffset: call.at(doffset),
      mean: call.at(mean),
      rstd: call.at(rstd),
      sums: call.scratchDoubles(3 * columns),
      rows,
      columns,
    };
    call.kernels.layerNormGradient(call.struct(parameters));
    return [dx, dscale, doffset];
  },
);
