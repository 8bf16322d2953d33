import { kernel } from './kernel';

/** table [rows, C], ids int32 [N] to [N, C]. */
export const embeddingForward = kernel<'table' | 'ids', object>('Paired3dEmbedding', (call, { table, ids }) => {
  const [rows, columns] = table.shape;
  const [count] = ids.shape;
  const out = call.output([count, columns]);
  call.kernels.embedding(call.at(table), call.at(ids), call.at(out), count, columns, rows);
  return out;
});

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
