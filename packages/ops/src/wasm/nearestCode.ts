import { kernel } from './kernel';
import { BYTES, PANEL, roundUp } from './runs';

/** Vectors whose products with all codes are held at once; in fours. */
const BLOCK = 16;

/** vectors [N, C], codebook [K, C] to int32 [N]. */
export const nearestCode = kernel<'vectors' | 'codebook'>('Paired3dNearestCode', (call, { vectors, codebook }) => {
  const [count, width] = vectors.shape;
  const codes = codebook.shape[0];
  const nearest = call.output([count], 'int32');
  const codes8 = roundUp(codes, PANEL);
  const panels = call.scratch(codes8 * width);
  call.kernels.packPanelsTransposed(call.at(codebook), panels, width, codes, width * PANEL * BYTES);
  call.kernels.nearestCode(
    call.struct({
      vectors: call.at(vectors),
      codebook: call.at(codebook),
      nearest: call.at(nearest),
      count,
      codes,
      width,
      panels,
      norms: call.scratch(codes8),
      products: call.scratch(BLOCK * codes8),
      block: BLOCK,
      padded: call.scratch(BLOCK * width),
    }),
  );
  return nearest;
});
