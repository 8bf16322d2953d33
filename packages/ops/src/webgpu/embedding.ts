import { kernel } from './kernel';
import { each } from './program';
import { scatter } from './scatter';

/** table [rows, C], ids int32 [N] to [N, C]. An id outside the table gives zeros. */
export const embeddingForward = kernel<'table' | 'ids'>('Paired3dEmbedding', (call, { table, ids }) => {
  const [rows, columns] = table.shape;
  const [count] = ids.shape;
  const y = call.output([count, columns]);
  call.run(
    each(count * columns, {
      name: 'gather',
      reads: { table, ids },
      writes: { y },
      integers: { rows, columns },
      code: `fn element(i: i32) {
  let id = ids[i / u.columns];
  y[i] = 0.0;
  if (id >= 0 && id < u.rows) { y[i] = table[id * u.columns + i % u.columns]; }
}`,
    }),
  );
  return y;
});

/** dy [N, C], ids int32 [N] to dtable [rows, C]. */
export const embeddingGrad = kernel<'dy' | 'ids', { readonly rows: number }>(
  'Paired3dEmbeddingGrad',
  (call, { dy, ids }, { rows }) => {
    const [count, columns] = dy.shape;
    const dtable = call.output([rows, columns]);
    const code = `fn element(i: i32) {
  let id = ids[i / u.columns];
  if (id >= 0 && id < u.rows) { accumulate(id * u.columns + i % u.columns, dy[i]); }
}`;
    const reads = { dy, ids };
    scatter(call, { name: 'add', count: count * columns, bound: dy, reads, integers: { rows, columns }, code }, dtable);
    return dtable;
  },
);
