import { kernel } from './kernel';

/** logits [N, K], labels int32 [N] to [loss [N]]. */
export const crossEntropy = kernel<'logits' | 'labels'>('Paired3dCrossEntropy', (call, { logits, labels }) => {
  const [rows, columns] = logits.shape;
  const loss = call.output([rows]);
  call.kernels.crossEntropy(call.at(logits), call.at(labels), call.at(loss), rows, columns);
  return [loss];
});

/** dy [N] to dlogits [N, K]. */
export const crossEntropyGrad = kernel<'dy' | 'logits' | 'labels'>(
  'Paired3dCrossEntropyGrad',
  (call, { dy, logits, labels }) => {
    const [rows, columns] = logits.shape;
    const dlogits = call.output(logits.shape);
    const [d, z, t, dz] = [dy, logits, labels, dlogits].map((tensor) => call.at(tensor));
    call.kernels.crossEntropyGradient(d, z, t, dz, rows, columns);
    return dlogits;
  },
);

/** logits and targets [N, L], weights [L] to [loss [], norm []]. */
export const weightedCrossEntropy = kernel<'logits' | 'targets' | 'weights'>(
  'Paired3dWeightedCrossEntropy',
  (call, { logits, targets, weights }) => {
    const [rows, columns] = logits.shape;
    const loss = call.output([]);
    const norm = call.output([]);
    const [z, t, w, l, n] = [logits, targets, weights, loss, norm].map((tensor) => call.at(tensor));
    call.kernels.weightedCrossEntropy(z, t, w, l, n, rows, columns);
    return [loss, norm];
  },
);

/** dy [] to dlogits [N, L]. */
export const weightedCrossEntropyGrad = kernel<'dy' | 'logits' | 'targets' | 'weights' | 'norm'>(
  'Paired3dWeightedCrossEntropyGrad',
  (call, { dy, logits, targets, weights, norm }) => {
    const [rows, columns] = logits.shape;
    const dlogits = call.output(logits.shape);
    const [d, z, t, w, n, dz] = [dy, logits, targets, weights, norm, dlogits].map((tensor) => call.at(tensor));
    call.kernels.weightedCrossEntropyGradient(d, z, t, w, n, dz, rows, columns);
    return dlogits;
  },
);
