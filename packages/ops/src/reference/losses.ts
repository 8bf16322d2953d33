import { generate, host, read, type Host } from './host';
import { softmaxReference } from './matrices';

export function crossEntropyReference(logits: Host, labels: Host): Host {
  const p = softmaxReference(logits);
  return generate(labels.shape, (n) => -Math.log(read(p, n, labels.data[n])));
}

export function weightedCrossEntropyReference(logits: Host, targets: Host, weights: Host): Host {
  const p = softmaxReference(logits);
  const classes = weights.shape[0];
  let loss = 0;
  let norm = 0;
  targets.data.forEach((target, i) => {
    loss -= weights.data[i % classes] * target * Math.log(p.data[i]);
    norm += weights.data[i % classes] * target;
  });
  return host([], [loss / norm]);
}
