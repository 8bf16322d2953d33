/**
 * Probabilities with the log odds between all labels, the background included, multiplied by `sharpness`: 1 changes nothing, above it what
 * is likely becomes likelier. Sampled tokens agree less with their neighbours than those of a real scan, and the decoder hedges.
 * @param probabilities of the foreground labels, `labels` for each voxel
 */
export function sharpened(probabilities: Float32Array, sharpness: number, labels = 1): Float32Array {
  if (sharpness === 1) return probabilities;
  const result = new Float32Array(probabilities.length);
  for (let voxel = 0; voxel < probabilities.length; voxel += labels) {
    let background = 1;
    for (let label = 0; label < labels; label++) background -= probabilities[voxel + label];
    let sum = Math.max(0, background) ** sharpness;
    for (let at = voxel; at < voxel + labels; at++) {
      result[at] = probabilities[at] ** sharpness;
      sum += result[at];
    }
    for (let at = voxel; at < voxel + labels; at++) result[at] /= sum;
  }
  return result;
}
