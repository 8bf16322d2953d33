import { kernel } from './kernel';

/** Vectors and codes of a tile, and how much of their width is looked at together. */
const TILE = 32;
const WIDTH = 8;
const THREADS = 64;

/**
 * vectors [N, C], codebook [K, C] to int32 [N]. A workgroup compares a tile of vectors with one tile of codes after the
 * other. Differences are squared as they are, and not by way of the product: equal distances stay equal.
 */
export const nearestCode = kernel<'vectors' | 'codebook'>('Paired3dNearestCode', (call, { vectors, codebook }) => {
  const [count, width] = vectors.shape;
  const nearest = call.output([count], 'int32');
  call.run({
    name: 'nearest',
    reads: { vectors, codebook },
    writes: { nearest },
    integers: { count, width, codes: codebook.shape[0] },
    threads: THREADS,
    workgroups: Math.ceil(count / TILE),
    code: CODE,
  });
  return nearest;
});

const CODE = `
var<workgroup> vectorTile: array<f32, ${WIDTH * TILE}>;
var<workgroup> codeTile: array<f32, ${WIDTH * TILE}>;
var<workgroup> distances: array<f32, ${TILE * TILE}>;
fn run(workgroup: i32, thread: i32) {
  let firstVector = workgroup * ${TILE};
  let across = thread % 8;
  let down = thread / 8;
  var best = -1;
  var least = 0.0;
  for (var firstCode = 0; firstCode < u.codes; firstCode += ${TILE}) {
    var sums = array<vec4f, 4>(); // zeros written out: SwiftShader keeps the values of the last time round
    for (var start = 0; start < u.width; start += ${WIDTH}) {
      for (var i = thread; i < ${WIDTH * TILE}; i += ${THREADS}) {
        let w = start + i % ${WIDTH};
        let row = i / ${WIDTH};
        let at = (i % ${WIDTH}) * ${TILE} + row;
        // The same zeros in both beyond the ends.
        vectorTile[at] = 0.0;
        codeTile[at] = 0.0;
        if (w < u.width) {
          vectorTile[at] = vectors[min(firstVector + row, u.count - 1) * u.width + w];
          codeTile[at] = codebook[min(firstCode + row, u.codes - 1) * u.width + w];
        }
      }
      workgroupBarrier();
      for (var w = 0; w < ${WIDTH}; w++) {
        let at = w * ${TILE} + across;
        let codes = vec4f(codeTile[at], codeTile[at + 8], codeTile[at + 16], codeTile[at + 24]);
        for (var i = 0; i < 4; i++) {
          let difference = vectorTile[w * ${TILE} + down + 8 * i] - codes;
          sums[i] += difference * difference;
        }
      }
      workgroupBarrier();
    }
    for (var i = 0; i < 4; i++) {
      for (var j = 0; j < 4; j++) { distances[(down + 8 * i) * ${TILE} + across + 8 * j] = sums[i][j]; }
    }
    workgroupBarrier();
    if (thread < ${TILE}) {
      for (var c = 0; c < min(${TILE}, u.codes - firstCode); c++) {
        let distance = distances[thread * ${TILE} + c];
        if (best < 0 || distance < least) {
          best = firstCode + c;
          least = distance;
        }
      }
    }
    workgroupBarrier();
  }
  if (thread < ${TILE} && firstVector + thread < u.count) { nearest[firstVector + thread] = best; }
}`;
