// Random inputs, the same numbers for everybody who computes.

/** `{ name: { values, shape, dtype, layout } }` for the inputs of a case. */
export function randomInputs({ nn, ops }, { name, what, inputs }) {
  const made = {};
  for (const [key, spec] of Object.entries(inputs)) {
    const { shape, dtype = 'float32', layout } = spec;
    const random = nn.Random.of('bench', name, what, key);
    const size = shape.reduce((product, n) => product * n, 1);
    made[key] = { values: valuesOf(spec, random, size, ops), shape, dtype, layout };
  }
  return made;
}

function valuesOf({ shape, dtype, scale = 1, low = -scale, below, displacement }, random, size, ops) {
  if (dtype === 'int32') return Int32Array.from({ length: size }, () => random.integer(below));
  const values = random.uniforms(size);
  if (displacement) return displaced(values, displacement, shape, ops);
  for (let i = 0; i < size; i++) values[i] = low + (scale - low) * values[i];
  return values;
}

/** The identity grid with every point moved at random. */
function displaced(values, displacement, [batch, ...space], ops) {
  const grid = ops.identityGrid(space.slice(0, 3), batch);
  const identity = grid.dataSync();
  for (let i = 0; i < values.length; i++) values[i] = identity[i] + displacement * (2 * values[i] - 1);
  grid.dispose();
  return values;
}

/** The inputs as tensors; the caller disposes them. */
export function toTensors(tf, inputs) {
  const entries = Object.entries(inputs);
  return Object.fromEntries(entries.map(([name, { values, shape, dtype }]) => [name, tf.tensor(values, shape, dtype)]));
}
