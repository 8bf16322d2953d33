import { bytesOf, roomOf, type TensorSpec } from '../hostCopy';
import { kernel } from './kernel';

/** Values of the tensors 0, 1, … behind each other into bytes on the host. */
export const toHost = kernel<string, { readonly to: Uint8Array }>('Paired3dToHost', (call, tensors, { to }) => {
  let at = 0;
  for (const tensor of Object.values(tensors)) {
    to.set(call.bytes(call.at(tensor), bytesOf(tensor.shape)), at);
    at += roomOf(tensor.shape);
  }
  return [];
});

/** Tensors of bytes that lie behind each other on the host. */
export const fromHost = kernel<never, { readonly from: Uint8Array; readonly specs: readonly TensorSpec[] }>(
  'Paired3dFromHost',
  (call, _, { from, specs }) => {
    let at = 0;
    return specs.map(({ dtype, shape }) => {
      const made = call.output(shape, dtype);
      const bytes = bytesOf(shape);
      call.bytes(call.at(made), bytes).set(from.subarray(at, at + bytes));
      at += roomOf(shape);
      return made;
    });
  },
);
