/** Two images of the same soft balls on a grid, the second's moved a little; Float32Arrays. */
function images(nn, size, sample = 0) {
  const random = nn.Random.of('bench', 'images', sample);
  const balls = Array.from({ length: 12 }, () => ({
    centre: size.map((n) => n * random.uniform()),
    radius: Math.min(...size) * (0.05 + 0.1 * random.uniform()),
    motion: size.map((n) => 0.04 * n * random.normal()),
  }));
  return [0, 1].map((time) => {
    const inside = (...point) => {
      const depths = balls.map(({ centre, radius, motion }) => {
        const [x, y, z] = point.map((p, axis) => p - centre[axis] - time * motion[axis]);
        return radius - Math.sqrt(x * x + y * y + z * z);
      });
      return 1 / (1 + Math.exp(-Math.max(...depths)));
    };
    const values = new Float32Array(size[0] * size[1] * size[2]);
    let at = 0;
    for (let i = 0; i < size[0]; i++)
      for (let j = 0; j < size[1]; j++) for (let k = 0; k < size[2]; k++) values[at++] = inside(i, j, k);
    return values;
  });
}

/** The fixed and the moving images of `batch` pairs, each [batch, ...size]. */
export function batchOfImages(nn, size, batch) {
  const pairs = Array.from({ length: batch }, (_, sample) => images(nn, size, sample));
  return [0, 1].map((time) => Float32Array.from(pairs.flatMap((pair) => [...pair[time]])));
}
