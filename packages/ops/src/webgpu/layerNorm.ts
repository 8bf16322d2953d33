import { kernel } from './kernel';
import { eachRow, overColumns } from './rows';
import { sums } from './sums';

/** x [N, C], scale [C], offset [C] to [y, mean [N], rstd [N]]. */
export const layerNorm = kernel<'x' | 'scale' | 'offset', { readonly epsilon: number }>(
  'Paired3dLayerNorm',
  (call, { x, scale, offset }, { epsilon }) => {
    const [rows, columns] = x.shape;
    const [y, mean, rstd] = [call.output(x.shape), call.output([rows]), call.output([rows])];
    call.run(
      eachRow(rows, columns, {
        name: 'forward',
        reads: { x, scale, offset },
        writes: { y, mean, rstd },
        floats: { epsilon },
        code: `fn row(r: i32, thread: i32) {
  let at = r * u.columns;
  var sum = 0.0;
  ${overColumns('sum += x[at + c];')}
  let centre = sumOfRow(sum, thread) / f32(u.columns);
  var squares = 0.0;
  ${overColumns('squares += (x[at + c] - centre) * (x[at + c] - centre);')}
  let inverse = 1.0 / sqrt(sumOfRow(squares, thread) / f32(u.columns) + u.epsilon);
  ${overColumns('y[at + c] = (x[at + c] - centre) * inverse * scale[c] + offset[c];')}
  if (thread == 0) {
    mean[r] = centre;
    rstd[r] = inverse;
  }
}`,
      }),
    );
    return [y, mean, rstd];
  },
);

/** To [dx [N, C], dscale [C], doffset [C]]. */
export const layerNormGrad = kernel<'dy' | 'x' | 'scale' | 'mean' | 'rstd'>(
  'Paired3dLayerNormGrad',
  (call, { dy, x, scale, mean, rstd }) => {
    const [rows, columns] = x.shape;
    const [dx, dscale, doffset] = [call.output(x.shape), call.output([columns]), call.output([columns])];
    call.run(
      eachRow(rows, columns, {
        name: 'gradient',
        reads: { dy, x, scale, mean, rstd },
        writes: { dx },
        code: `fn normalised(r: i32, i: i32) -> f32 { return (x[i] - mean[r]) * rstd[r]; }
fn row(r: i32, thread: i32) {
  let at = r * u.columns;
  var sum = 0.0;
  var along = 0.0;
  ${overColumns(`
    let dn = dy[at + c] * scale[c];
    sum += dn;
    along += dn * normalised(r, at + c);`)}
  sum = sumOfRow(sum, thread) / f32(u.columns);
  along = sumOfRow(along, thread) / f32(u.columns);
  ${overColumns('dx[at + c] = (dy[at + c] * scale[c] - sum - normalised(r, at + c) * along) * rstd[r];')}
}`,
      }),
    );
    const over = { outer: 1, length: rows, inner: columns };
    const code = (value: string) => `fn term(o: i32, i: i32, c: i32) -> f32 {
  let at = i * u.inner + c;
  return ${value};
}`;
    const weighted = code('dy[at] * (x[at] - mean[i]) * rstd[i]');
    sums(call, { name: 'scale', ...over, reads: { dy, x, mean, rstd }, code: weighted }, dscale);
    sums(call, { name: 'offset', ...over, reads: { dy }, code: code('dy[at]') }, doffset);
    return [dx, dscale, doffset];
  },
);
