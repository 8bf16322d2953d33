/** The likeliest label of each voxel, 0 for background, from probabilities [voxels, labels]; what they lack is background. */
export function labelMap(probabilities: Float32Array, labels: number): Uint8Array {
  const map = new Uint8Array(probabilities.length / labels);
  for (let voxel = 0; voxel < map.length; voxel++) {
    const own = probabilities.subarray(voxel * labels, (voxel + 1) * labels);
    let best = 1 - own.reduce((sum, p) => sum + p, 0);
    own.forEach((p, label) => {
      if (p <= best) return;
      best = p;
      map[voxel] = label + 1;
    });
  }
  return map;
}

/** Probabilities [voxels, labels] as one picture of values in [0, 1]: those of a mask, or a grey for each label of a map. */
export function picture(probabilities: Float32Array, labels = 1): Float32Array {
  if (labels === 1) return probabilities;
  return Float32Array.from(labelMap(probabilities, labels), (label) => label / labels);
}
