import { readFileSync } from 'node:fs';

/** A tensor of a golden file, in PyTorch's or in our layout as the script wrote it. */
export interface GoldenTensor {
  readonly dtype: 'F32' | 'I32' | 'U8';
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** A golden file: its tensors by name, and the settings with which they were made. */
export interface Golden {
  /** @throws Error when there is none of that name */
  tensor(name: string): GoldenTensor;
  /** The tensors below `prefix.`, without it, in the order of their names. */
  below(prefix: string): Map<string, GoldenTensor>;
  readonly settings: Readonly<Record<string, unknown>>;
}

const arrays = { F32: Float32Array, I32: Int32Array, U8: Uint8Array } as const;

interface Header {
  readonly __metadata__: Record<string, string>;
  readonly [name: string]: unknown;
}

const fileOf = (name: string) => new URL(`../golden/${name}`, import.meta.url);

/** Reads `golden/NAME.safetensors`; by itself, so that the reader under test is not its own judge. */
export function golden(name: string): Golden {
  const bytes = Uint8Array.from(readFileSync(fileOf(`${name}.safetensors`)));
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const { __metadata__: texts, ...entries } = JSON.parse(
    new TextDecoder().decode(bytes.subarray(8, 8 + length)),
  ) as Header;
  const tensors = new Map<string, GoldenTensor>();
  for (const [key, entry] of Object.entries(entries)) {
    const { dtype, shape, data_offsets } = entry as GoldenTensor & { data_offsets: [number, number] };
    const data = bytes.slice(8 + length + data_offsets[0], 8 + length + data_offsets[1]);
    tensors.set(key, { dtype, shape, data: new arrays[dtype](data.buffer) });
  }
  return {
    tensor(key) {
      const found = tensors.get(key);
      if (!found) throw new Error(`${name}.safetensors has no '${key}'`);
      return found;
    },
    below(prefix) {
      const chosen = [...tensors].filter(([key]) => key.startsWith(`${prefix}.`)).sort(([a], [b]) => (a < b ? -1 : 1));
      return new Map(chosen.map(([key, tensor]) => [key.slice(prefix.length + 1), tensor]));
    },
    settings: Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, JSON.parse(text) as unknown])),
  };
}

/** A file that `torch.save` wrote: `golden/NAME.pth`. */
export function checkpoint(name: string): Uint8Array {
  return Uint8Array.from(readFileSync(fileOf(`${name}.pth`)));
}

/** Names and shapes of the parameters of the paper's full-size networks, as PyTorch lists them. */
export function names(): Record<'autoencoder' | 'codebook' | 'denoiser' | 'unet', Record<string, number[]>> {
  return JSON.parse(readFileSync(fileOf('names.json'), 'utf8')) as ReturnType<typeof names>;
}
