// The gradient of a 3^3 filter by Winograd's F(4, 3): on each axis G^T [(B^T x) (A dy)] of a tile of 4 outputs, so that 4^3 of
// them take 6^3 = 216 multiplications for each pair of channels, and not 64 * 27 = 1728; tiles of 2^3, as in winograd.ts, would
// take 512. (Lavin and Gray 2016, arXiv:1509.09308) Blocks of tiles are transformed along rows and columns first; the transform
// along the depth is left for when its points are multiplied, so that these stay in the first cache level.
//   G^T u = (u0 / 4 - (u1 + u2) / 6 + (u3 + u4) / 24, (u2 - u1) / 6 + (u3 - u4) / 12, (u3 + u4 - u1 - u2) / 6 + u5)
import { addTransposedProduct } from './products';
import { madd } from './simd';
import { Block, pointStep, Tiled, transformDepth, transformPlanes } from './winogradGradientTransforms';

/** How a sample is cut: the size of a block, and of the whole, in tiles. */
@unmanaged
class Cut {
  blockDepth!: i32;
  blockHeight!: i32;
  blockWidth!: i32;
  depth!: i32;
  height!: i32;
  width!: i32;
}

/** weights [216][channelsIn][channelsOut] += their gradient in the transformed domain, of one sample. Channels count in eights. */
export function winogradFilterGradient(x: Tiled, dy: Tiled, cut: Cut, b: Block, weights: usize): void {
  for (b.d = 0; b.d < cut.depth; b.d += cut.blockDepth) {
    b.deep = min(cut.blockDepth, cut.depth - b.d);
    for (b.h = 0; b.h < cut.height; b.h += cut.blockHeight) {
      b.high = min(cut.blockHeight, cut.height - b.h);
      for (b.w = 0; b.w < cut.width; b.w += cut.blockWidth) {
        b.wide = min(cut.blockWidth, cut.width - b.w);
        addBlock(x, dy, b, weights);
      }
    }
  }
}

function addBlock(x: Tiled, dy: Tiled, b: Block, weights: usize): void {
  const tiles = b.deep * b.high * b.wide, weightStep = <usize>(x.channels * dy.channels) << 2;
  const xStep = pointStep(x, b), dyStep = pointStep(dy, b);
  transformPlanes(x, b, 6);
  transformPlanes(dy, b, 4);
  for (let point: usize = 0; point < 36; point++, weights += weightStep) {
    transformDepth(x, b, 6, point);
    transformDepth(dy, b, 4, point);
    for (let k: usize = 0; k < 6; k++) {
      addTransposedProduct(
        x.points + k * xStep, dy.points + k * dyStep, weights + 36 * k * weightStep, tiles, x.channels, dy.channels,
      );
    }
  }
}

/** G^T along the middle axis of u [outer][6][inner], to [outer][3][inner]; `inner` in fours. */
export function transformFilterGradientAxis(u: usize, g: usize, outer: i32, inner: usize): void {
  const size = inner << 2;
  const quarter = f32x4.splat(0.25), sixth = f32x4.splat(<f32>(1.0 / 6)), twelfth = f32x4.splat(<f32>(1.0 / 12));
  const minusSixth = f32x4.splat(<f32>(-1.0 / 6)), twentyFourth = f32x4.splat(<f32>(1.0 / 24));
  for (let o = 0; o < outer; o++, g += 2 * size, u += 5 * size) {
    for (const end = g + size; g < end; g += 16, u += 16) {
      const u1 = v128.load(u + size), u2 = v128.load(u + 2 * size);
      const u3 = v128.load(u + 3 * size), u4 = v128.load(u + 4 * size);
      const inside = f32x4.mul(minusSixth, f32x4.add(u1, u2)), outside = f32x4.add(u3, u4);
      v128.store(g, madd(quarter, v128.load(u), madd(twentyFourth, outside, inside)));
      v128.store(g + size, madd(twelfth, f32x4.sub(u3, u4), f32x4.mul(sixth, f32x4.sub(u2, u1))));
      v128.store(g + 2 * size, f32x4.add(madd(sixth, outside, inside), v128.load(u + 5 * size)));
    }
  }
}
