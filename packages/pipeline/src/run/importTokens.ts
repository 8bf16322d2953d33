import { encodeSafetensors, type HostTensor } from '@paired3d/nn';
import { PipelineError } from '../errors';
import type { Storage } from '../storage/storage';

/** How token grids are told apart and laid out. */
export interface TokenImport {
  /** [images, d, h, w] */
  readonly grid: readonly number[];
  /** size of the codebook */
  readonly codes: number;
  /** of every `holdOut` grids the first is kept for validation; 0 keeps none */
  readonly holdOut: number;
}

/**
 * Writes token grids of a checkpoint, a list with one tensor of integers a pair, as the stage `tokens` does:
 * `train/000.safetensors`, `validation/…`, each `tokens` int16 [1, images, d, h, w].
 *
 * @returns how many were written to each
 * @throws PipelineError when a tensor is no such grid
 */
export async function importTokens(
  folder: Storage,
  tensors: ReadonlyMap<string, HostTensor>,
  { grid, codes, holdOut }: TokenImport,
): Promise<{ train: number; validation: number }> {
  const items = [...tensors].map(([name, tensor]) => [name, checked(name, tensor, grid, codes)] as const);
  const digits = Math.max(3, String(items.length).length);
  const counts = { train: 0, validation: 0 };
  for (const [index, [, data]] of items.entries()) {
    const split = holdOut > 0 && index % holdOut === 0 ? 'validation' : 'train';
    const tokens: HostTensor = { dtype: 'I16', shape: [1, ...grid], data };
    const path = `${split}/${String(index).padStart(digits, '0')}.safetensors`;
    await folder.write(path, encodeSafetensors(new Map([['tokens', tokens]])));
    counts[split]++;
  }
  return counts;
}

function checked(name: string, { dtype, shape, data }: HostTensor, grid: readonly number[], codes: number): Int16Array {
  const size = grid.reduce((product, n) => product * n, 1);
  const fail = (expected: string, got: string) =>
    new PipelineError({
      where: `tokens '${name}'`,
      expected,
      got,
      advice: 'give a list of token grids, and the configuration of the autoencoder that made them',
    });
  if (!dtype.startsWith('I') || data.length !== size) {
    throw fail(`${size} integers, the grid ${grid.join(' x ')}`, `${dtype} [${shape}]`);
  }
  const wrong = Array.from(data, Number).find((code) => !(code >= 0 && code < codes));
  if (wrong !== undefined) throw fail(`codes below ${codes}`, `${wrong}`);
  return Int16Array.from(data as ArrayLike<number | bigint>, Number);
}
