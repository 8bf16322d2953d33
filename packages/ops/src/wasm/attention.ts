import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Call } from './heap';
import { kernel } from './kernel';
import { PANEL, roundUp } from './runs';

/** What a block of scores may take up, so that it stays in the second cache level, and the most queries in one. */
const SCORES = 1 << 15;
const MAX_BLOCK = 32;

/** q [N, S, E], k [N, T, E], v [N, T, F] to softmax(q k^T / sqrt(E)) v [N, S, F]. */
export const attention = kernel<'q' | 'k' | 'v'>('Paired3dAttention', (call, inputs) => {
  const [heads, rows] = inputs.q.shape;
  const y = call.output([heads, rows, inputs.v.shape[2]]);
  call.kernels.attention(call.struct(forwardFields(call, inputs, call.at(y))), factorOf(inputs.q));
  return y;
});

/** [dq, dk, dv] from dy [N, S, F]. */
export const attentionGrad = kernel<'dy' | 'q' | 'k' | 'v'>('Paired3dAttentionGrad', (call, { dy, ...inputs }) => {
  const made = [inputs.q, inputs.k, inputs.v].map(({ shape }) => call.output(shape));
  const [dq, dk, dv] = made.map((tensor) => call.at(tensor));
  const { block, columns, width, values } = sizes(inputs);
  const fields = {
    ...forwardFields(call, inputs, 0),
    dy: call.at(dy),
    dq,
    dk,
    dv,
    valuesTransposed: zeroed(call, values * columns),
    keyPanels: zeroed(call, columns * width),
    dscores: zeroed(call, block * columns),
    dkeys: zeroed(call, columns * width),
    dvalues: zeroed(call, columns * values),
  };
  call.kernels.attentionGradient(call.struct(fields), factorOf(inputs.q));
  return made;
});

interface Inputs {
  readonly q: TensorInfo;
  readonly k: TensorInfo;
  readonly v: TensorInfo;
}

const factorOf = (q: TensorInfo) => 1 / Math.sqrt(q.shape[2]);

/** Rounded up to panels, and the queries at once. */
function sizes({ k, v }: Inputs) {
  const columns = roundUp(k.shape[1], PANEL);
  return {
    columns,
    width: roundUp(k.shape[2], PANEL),
    values: roundUp(v.shape[2], PANEL),
    block: Math.max(4, Math.min(MAX_BLOCK, Math.floor(SCORES / columns / 4) * 4)),
  };
}

function forwardFields(call: Call, { q, k, v }: Inputs, y: number) {
  const { block, columns, width, values } = sizes({ q, k, v });
  return {
    q: call.at(q),
    k: call.at(k),
    v: call.at(v),
    y,
    heads: q.shape[0],
    rows: q.shape[1],
    columns: k.shape[1],
    width: q.shape[2],
    values: v.shape[2],
    block,
    keys: zeroed(call, columns * width),
    valuePanels: zeroed(call, values * columns),
    queries: zeroed(call, block * width),
    scores: zeroed(call, block * columns),
    outputs: zeroed(call, block * values),
  };
}

function zeroed(call: Call, floats: number): number {
  const at = call.scratch(floats);
  call.zero(at, floats);
  return at;
}
