// Times every kernel that TensorFlow.js runs, by wrapping the registered functions.

/**
 * Runs `work` and returns what it ran: one record `{ name, shapes, calls, ms }` for each kernel and input shapes.
 * A kernel's time is its own: that of kernels that it runs itself is theirs.
 */
export async function timeKernels(tf, work) {
  const records = new Map();
  const nested = [];
  const restore = tf.getKernelsForBackend(tf.getBackend()).map((kernel) => {
    const { kernelName, kernelFunc } = kernel;
    kernel.kernelFunc = (call) => {
      nested.push(0);
      const start = performance.now();
      try {
        return kernelFunc(call);
      } finally {
        const elapsed = performance.now() - start;
        add(records, kernelName, call.inputs, elapsed - nested.pop());
        if (nested.length > 0) nested[nested.length - 1] += elapsed;
      }
    };
    return () => (kernel.kernelFunc = kernelFunc);
  });
  try {
    await work();
  } finally {
    restore.forEach((undo) => undo());
  }
  return [...records.values()];
}

function add(records, name, inputs, ms) {
  const shapes = Object.values(inputs)
    .flat()
    .map((tensor) => `[${tensor?.shape ?? ''}]`)
    .join(' ');
  const key = `${name} ${shapes}`;
  const record = records.get(key) ?? { name, shapes, calls: 0, ms: 0 };
  record.calls++;
  record.ms += ms;
  records.set(key, record);
}

/** Adds up records of the same name, longest first. */
export function byName(records) {
  const sums = new Map();
  for (const { name, calls, ms } of records) {
    const sum = sums.get(name) ?? { name, calls: 0, ms: 0 };
    sums.set(name, { name, calls: sum.calls + calls, ms: sum.ms + ms });
  }
  return [...sums.values()].sort((a, b) => b.ms - a.ms);
}
