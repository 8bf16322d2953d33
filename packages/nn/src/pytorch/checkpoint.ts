import type { HostTensor } from '../hostTensor';
import { PytorchError } from './errors';
import { unpickle } from './pickle';
import { isStorage, readStorage, tensorOf, type TorchStorage } from './tensors';
import { readStoredZip } from './zip';

/** Deepest nesting that is looked into, and most values: a pickle may refer to one list many times, or to itself. */
const DEEPEST = 32;
const MOST_VALUES = 1_000_000;

const TENSOR = 'torch._utils._rebuild_tensor_v2';
const PARAMETER = 'torch._utils._rebuild_parameter';
const ORDERED_DICT = 'collections.OrderedDict';

/**
 * Tensors of a `.pth` file of PyTorch 1.6 or later: state dicts, tensors, and lists and dicts of them. Nothing in the
 * file is executed: it may only name tensors, storages and OrderedDict.
 *
 * Names are paths: `weight` of a state dict, `0.weight` of the first of a list. The prefixes `_orig_mod.` that
 * `torch.compile` adds are left out, and so is everything that is no tensor. Tensors are taken to the host, whatever
 * device they were on; float64 and bfloat16 become float32.
 *
 * @throws PytorchError when the file is damaged or holds other objects
 */
export function decodePytorch(bytes: Uint8Array): Map<string, HostTensor> {
  const files = readStoredZip(bytes);
  const pickles = [...files.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) throw new PytorchError('zip entries', 'one data.pkl', `${pickles.length}`);
  const folder = pickles[0].slice(0, -'data.pkl'.length);
  const order = files.get(`${folder}byteorder`);
  if (order && new TextDecoder().decode(order) !== 'little') {
    throw new PytorchError('byteorder', 'little endian', 'big endian', 'save it on a little-endian machine');
  }
  const value = unpickle(files.get(pickles[0])!, {
    allows: (name) => name === TENSOR || name === PARAMETER || name === ORDERED_DICT || isStorage(name),
    call,
    persistent: storages(files, folder),
  });
  return named(value);
}

function call(name: string, args: readonly unknown[]): unknown {
  if (name === ORDERED_DICT && args.length === 0) return new Map();
  if (name === TENSOR) return tensorOf(args[0], args[1], args[2], args[3]);
  if (name === PARAMETER) return args[0];
  throw new PytorchError('pickle', 'a tensor, a parameter or an empty OrderedDict', `a call of ${name}`);
}

/** Finds storages by their ids, `('storage', type, key, device, elements)`; each is read once. */
function storages(files: ReadonlyMap<string, Uint8Array>, folder: string): (id: unknown) => TorchStorage {
  const read = new Map<string, TorchStorage>();
  return (id) => {
    const [what, type, key, , elements] = Array.isArray(id) ? (id as unknown[]) : [];
    const path = `${folder}data/${String(key)}`;
    const bytes = files.get(path);
    if (what !== 'storage' || !bytes) throw new PytorchError('pickle', 'the id of a storage in the file', path);
    const storage = read.get(path) ?? readStorage(type, bytes, elements, `'${path}'`);
    read.set(path, storage);
    return storage;
  };
}

const isTensor = (value: unknown): value is HostTensor =>
  typeof value === 'object' && value !== null && 'dtype' in value && 'shape' in value;

function named(root: unknown): Map<string, HostTensor> {
  const tensors = new Map<string, HostTensor>();
  let values = 0;
  const visit = (value: unknown, path: readonly string[]): void => {
    if (++values > MOST_VALUES || path.length > DEEPEST) {
      throw new PytorchError('pickle', `at most ${MOST_VALUES} values, ${DEEPEST} deep`, 'more');
    }
    if (isTensor(value)) {
      const name = path.join('.').replace(/(^|\.)(_orig_mod\.)+/g, '$1');
      if (tensors.has(name)) throw new PytorchError('pickle', 'each name once', `'${name}' twice`);
      tensors.set(name, value);
    } else if (Array.isArray(value)) {
      value.forEach((item, i) => visit(item, [...path, String(i)]));
    } else if (value instanceof Map) {
      for (const [key, item] of value) {
        if (typeof key !== 'string' && typeof key !== 'number') {
          throw new PytorchError('pickle', 'texts or numbers as keys of dicts', typeof key);
        }
        visit(item, [...path, String(key)]);
      }
    }
  };
  visit(root, []);
  return tensors;
}
