/**
 * Something given to `@paired3d/nn` is not what it needs.
 * The message reads `where: expected …, got …; do …`; the parts are fields.
 */
export class NnError extends Error {
  override readonly name: string = 'NnError';
  constructor(
    readonly where: string,
    readonly expected: string,
    readonly got: string,
    readonly advice: string,
    options?: ErrorOptions,
  ) {
    super(`${where}: expected ${expected}, got ${got}; ${advice}`, options);
  }
}

/** TensorFlow.js has no gradients registered: `@tensorflow/tfjs-core` alone brings none. */
export class MissingGradientsError extends NnError {
  override readonly name = 'MissingGradientsError';
  constructor(operation: string, options?: ErrorOptions) {
    super(
      'computeGradients',
      `the gradient of ${operation} to be registered`,
      'TensorFlow.js without it',
      "add `import '@tensorflow/tfjs'` (the union package registers all gradients) before training",
      options,
    );
  }
}

/** A state dict does not fit the parameters; lists every tensor that is missing, extra or misshapen. */
export class StateDictError extends NnError {
  override readonly name = 'StateDictError';
  constructor(
    readonly missing: readonly string[],
    readonly extra: readonly string[],
    readonly misshapen: readonly string[],
  ) {
    const parts = [
      missing.length ? `missing ${missing.join(', ')}` : '',
      extra.length ? `extra ${extra.join(', ')}` : '',
      misshapen.length ? `misshapen ${misshapen.join(', ')}` : '',
    ].filter(Boolean);
    super(
      'loadStateDict',
      'the tensors of this model',
      parts.join('; '),
      'use the weights of a model with the same configuration',
    );
  }
}

/** A safetensors file is damaged or uses what this reader does not know. */
export class SafetensorsError extends NnError {
  override readonly name = 'SafetensorsError';
  constructor(field: string, expected: string, got: string, options?: ErrorOptions) {
    super(`safetensors ${field}`, expected, got, 'the file is damaged or not a safetensors file', options);
  }
}
