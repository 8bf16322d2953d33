import { kernel } from './kernel';
import { eachRow, LOWEST, overColumns } from './rows';

/** Softmax of the rows of x [N, K]. */
export const softmax = kernel<'x'>('Paired3dSoftmax', (call, { x }) => {
  const y = call.output(x.shape);
  const [rows, columns] = x.shape;
  call.run(
    eachRow(rows, columns, {
      name: 'softmax',
      reads: { x },
      writes: { y },
      code: `fn row(r: i32, thread: i32) {
  let at = r * u.columns;
  var most = ${LOWEST};
  ${overColumns('most = max(most, x[at + c]);')}
  most = maxOfRow(most, thread);
  var sum = 0.0;
  ${overColumns('sum += exp(x[at + c] - most);')}
  sum = sumOfRow(sum, thread);
  ${overColumns('y[at + c] = exp(x[at + c] - most) / sum;')}
}`,
    }),
  );
  return y;
});

/** From the gradient and the result of softmax, both [N, K]. */
export const softmaxGrad = kernel<'dy' | 'y'>('Paired3dSoftmaxGrad', (call, { dy, y }) => {
  const dx = call.output(y.shape);
  const [rows, columns] = y.shape;
  call.run(
    eachRow(rows, columns, {
      name: 'gradient',
      reads: { dy, y },
      writes: { dx },
      code: `fn row(r: i32, thread: i32) {
  let at = r * u.columns;
  var sum = 0.0;
  ${overColumns('sum += dy[at + c] * y[at + c];')}
  sum = sumOfRow(sum, thread);
  ${overColumns('dx[at + c] = y[at + c] * (dy[at + c] - sum);')}
}`,
    }),
  );
  return dx;
});
