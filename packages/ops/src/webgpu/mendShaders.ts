import type { GpuDevice } from './gpu';

const MEMBERS = 'xyzwuv';

/**
 * Shaders of tfjs 4.22 for rank 5 and 6 index their coordinates, `coords[4]`, which are structs there and not vectors, so
 * that they do not compile: PReLU, comparisons and other operations with a broadcast, pad and stridedSlice. Members of
 * vectors and of those structs have the same names.
 */
export function mendedShader(code: string): string {
  if (!/\bvec[56]\b/.test(code)) return code;
  return code.replace(/\b((?:uniforms\.)?[A-Za-z_]\w*)\[([0-5])\]/g, (whole, name: string, index: string) =>
    isVector(code, name) ? `${name}.${MEMBERS[Number(index)]}` : whole,
  );
}

/** Coordinates and uniforms are vectors; buffers and arrays of workgroups are what they say they are. */
function isVector(code: string, name: string): boolean {
  if (name.startsWith('uniforms.')) return true;
  return !new RegExp(`\\bvar(<[^>]*>)?\\s*${name}\\s*:\\s*array\\b`).test(code);
}

/** Mends what tfjs gives to the device from now on. */
export function mendShaders(device: GpuDevice): void {
  const create = device.createShaderModule.bind(device);
  device.createShaderModule = (descriptor) => create({ ...descriptor, code: mendedShader(descriptor.code) });
}
