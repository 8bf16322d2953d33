// Cross entropies of rows of logits, in nats.
import { logarithm } from './functions';
import { dot } from './rows';
import { largest, softmaxRow, sumExp } from './softmax';

/** loss[n] = -log softmax(logits[n])[labels[n]]; labels are int32, and one outside the row gives NaN. */
export function crossEntropy(logits: usize, labels: usize, loss: usize, rows: i32, columns: i32): void {
  const row = <usize>columns << 2;
  for (let n = 0; n < rows; n++, logits += row, labels += 4, loss += 4) {
    const label = load<i32>(labels), shift = largest(logits, columns);
    const chosen: f32 = <u32>label < <u32>columns ? load<f32>(logits + (<usize>label << 2)) : NaN;
    store<f32>(loss, <f32>(logarithm(sumExp(logits, columns, shift)) - <f64>(chosen - shift)));
  }
}

/** dlogits[n] = dy[n] (softmax - one-hot). */
export function crossEntropyGradient(dy: usize, logits: usize, labels: usize, dlogits: usize, rows: i32, columns: i32): void {
  const row = <usize>columns << 2;
  for (let n = 0; n < rows; n++, logits += row, dlogits += row, labels += 4, dy += 4) {
    const label = load<i32>(labels), factor = load<f32>(dy);
    softmaxRow(logits, dlogits, columns, factor);
    if (<u32>label >= <u32>columns) continue;
    const at = dlogits + (<usize>label << 2);
    store<f32>(at, load<f32>(at) - factor);
  }
}

/** With v = targets * weights: norm = sum(v), loss = -sum(v log softmax(logits)) / norm. Sums in double precision. */
export function weightedCrossEntropy(
  logits: usize, targets: usize, weights: usize, loss: usize, norm: usize, rows: i32, columns: i32,
): void {
  const row = <usize>columns << 2;
  let total: f64 = 0, totalWeight: f64 = 0;
  for (let n = 0; n < rows; n++, logits += row, targets += row) {
    const shift = largest(logits, columns), logSum = logarithm(sumExp(logits, columns, shift));
    for (let i: usize = 0; i < row; i += 4) {
      const v = load<f32>(targets + i) * load<f32>(weights + i);
      // A class without weight may have probability 0.
      if (v == 0) continue;
      total += <f64>v * (logSum - <f64>(load<f32>(logits + i) - shift));
      totalWeight += v;
    }
  }
  store<f32>(loss, <f32>(total / totalWeight));
  store<f32>(norm, <f32>totalWeight);
}

/** dlogits = dy / norm (softmax * sum(v) - v). */
export function weightedCrossEntropyGradient(
  dy: usize, logits: usize, targets: usize, weights: usize, norm: usize, dlogits: usize, rows: i32, columns: i32,
): void {
  const row = <usize>columns << 2, factor = load<f32>(dy) / load<f32>(norm);
  for (let n = 0; n < rows; n++, logits += row, targets += row, dlogits += row) {
    softmaxRow(logits, dlogits, columns, factor * dot(targets, weights, columns));
    for (let i: usize = 0; i < row; i += 4) {
      store<f32>(dlogits + i, load<f32>(dlogits + i) - factor * load<f32>(targets + i) * load<f32>(weights + i));
    }
  }
}
