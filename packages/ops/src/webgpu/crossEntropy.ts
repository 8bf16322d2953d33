import type { Call } from './call';
import { kernel } from './kernel';
import { eachRow, LOWEST, overColumns } from './rows';
import { sums } from './sums';

/** `most` and `sum`: the largest logit of a row, and the sum of the exponentials below it. */
const SOFTMAX = `let at = r * u.columns;
  var most = ${LOWEST};
  ${overColumns('most = max(most, logits[at + c]);')}
  most = maxOfRow(most, thread);
  var sum = 0.0;
  ${overColumns('sum += exp(logits[at + c] - most);')}
  sum = sumOfRow(sum, thread);`;

/** logits [N, K], labels int32 [N] to [loss [N]]. */
export const crossEntropy = kernel<'logits' | 'labels'>('Paired3dCrossEntropy', (call, { logits, labels }) => {
  const [rows, columns] = logits.shape;
  const loss = call.output([rows]);
  call.run(
    eachRow(rows, columns, {
      name: 'loss',
      reads: { logits, labels },
      writes: { loss },
      code: `fn row(r: i32, thread: i32) {
  ${SOFTMAX}
  if (thread == 0) { loss[r] = log(sum) + most - logits[at + labels[r]]; }
}`,
    }),
  );
  return [loss];
});

/** dy [N] to dlogits [N, K]. */
export const crossEntropyGrad = kernel<'dy' | 'logits' | 'labels'>(
  'Paired3dCrossEntropyGrad',
  (call, { dy, logits, labels }) => {
    const [rows, columns] = logits.shape;
    const dlogits = call.output(logits.shape);
    call.run(
      eachRow(rows, columns, {
        name: 'gradient',
        reads: { dy, logits, labels },
        writes: { dlogits },
        code: `fn row(r: i32, thread: i32) {
  ${SOFTMAX}
  ${overColumns('dlogits[at + c] = dy[r] * (exp(logits[at + c] - most) / sum - select(0.0, 1.0, c == labels[r]));')}
}`,
      }),
    );
    return dlogits;
  },
);

type Named = 'logits' | 'targets' | 'weights';

/** logits and targets [N, L], weights [L] to [loss [], norm []]. */
export const weightedCrossEntropy = kernel<Named>('Paired3dWeightedCrossEntropy', (call, inputs) => {
  const [rows, columns] = inputs.logits.shape;
  const terms = call.scratch([rows, 2]);
  call.run(
    eachRow(rows, columns, {
      name: 'rows',
      reads: { ...inputs },
      writes: { terms },
      code: `fn row(r: i32, thread: i32) {
  ${SOFTMAX}
  var loss = 0.0;
  var norm = 0.0;
  ${overColumns(`
    let weighted = targets[at + c] * weights[c];
    loss += weighted * (log(sum) + most - logits[at + c]);
    norm += weighted;`)}
  loss = sumOfRow(loss, thread);
  norm = sumOfRow(norm, thread);
  if (thread == 0) {
    terms[2 * r] = loss;
    terms[2 * r + 1] = norm;
  }
}`,
    }),
  );
  return normalised(call, rows, terms);
});

/** [loss, norm] from their terms of each row, [N, 2]. */
function normalised(call: Call, rows: number, terms: ReturnType<Call['scratch']>) {
  const [loss, norm, both] = [call.output([]), call.output([]), call.scratch([2])];
  const code = 'fn term(o: i32, i: i32, c: i32) -> vec2f { return vec2f(terms[2 * i], terms[2 * i + 1]); }';
  sums(call, { name: 'sums', outer: 1, length: rows, inner: 1, terms: 2, reads: { terms }, code }, both);
  call.run({
    name: 'mean',
    reads: { both },
    writes: { loss, norm },
    threads: 1,
    workgroups: 1,
    code: `fn run(workgroup: i32, thread: i32) {
  loss[0] = both[0] / both[1];
  norm[0] = both[1];
}`,
  });
  return [loss, norm];
}

/** dy [] to dlogits [N, L]. */
export const weightedCrossEntropyGrad = kernel<'dy' | Named | 'norm'>(
  'Paired3dWeightedCrossEntropyGrad',
  (call, inputs) => {
    const [rows, columns] = inputs.logits.shape;
    const dlogits = call.output(inputs.logits.shape);
    call.run(
      eachRow(rows, columns, {
        name: 'gradient',
        reads: { ...inputs },
        writes: { dlogits },
        code: `fn row(r: i32, thread: i32) {
  ${SOFTMAX}
  var total = 0.0;
  ${overColumns('total += targets[at + c] * weights[c];')}
  total = sumOfRow(total, thread);
  ${overColumns(`
    let probability = exp(logits[at + c] - most) / sum;
    dlogits[at + c] = dy[0] / norm[0] * (probability * total - targets[at + c] * weights[c]);`)}
}`,
      }),
    );
    return dlogits;
  },
);
