import { kernel } from './kernel';

/** dy [N, C], ids int32 [N] to dtable [rows, C]. */
export const embeddingGrad = kernel<'dy' | 'ids', { readonly rows: number }>(
  'Paired3dEmbeddingGrad',
  (call, { dy, ids }, { rows }) => {
    const [count, columns] = dy.shape;
    const dtable = call.output([rows, columns]);
    call.kernels.embeddingGradient(call.at(dy), call.at(ids), call.at(dtable), count, columns, rows);
    return dtable;
  },
);
