import { decodeSafetensors, type OptimiserName } from '@paired3d/nn';
import { MemoryStorage, parseRunConfig, phantomSource, presets, run, type StageName } from '@paired3d/pipeline';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Precision } from '@paired3d/ops/webgpu';
import { selectBackend } from '../backend';
import { hasHalf, hasWebgpu } from '../testing/webgpu';

/** Three steps of each stage of `tiny`, on three phantoms of half its size; both networks of tokens with either optimiser. */
const phantoms = { ...presets.tiny.source, size: [16, 12, 16], spacing: 15, cases: { train: 3, test: 1 } } as const;
const configOf = (optimiser: OptimiserName) =>
  parseRunConfig({
    ...presets.tiny,
    source: phantoms,
    validation: 1,
    vqae: { ...presets.tiny.vqae, optimiser, steps: 3, crop: 8 },
    tokenize: { ...presets.tiny.tokenize, variants: 1 },
    diffusion: { ...presets.tiny.diffusion, optimiser, steps: 3 },
    registration: { ...presets.tiny.registration, steps: 3 },
  });

async function runUntil(
  backend: 'wasm' | 'webgpu',
  storage: MemoryStorage,
  targets: StageName[],
  { optimiser = 'adam', precision = 'float32' }: { optimiser?: OptimiserName; precision?: Precision } = {},
) {
  await selectBackend(backend, undefined, precision);
  const config = configOf(optimiser);
  const { kind: _kind, ...phantom } = phantoms as Extract<typeof config.source, { kind: 'phantom' }>;
  await run({ config, storage, source: phantomSource(phantom), emit: () => {}, clock: () => 0 }, targets);
  return storage;
}

async function copyOf(storage: MemoryStorage, folders: string[]): Promise<MemoryStorage> {
  const copy = new MemoryStorage();
  for (const path of await storage.list('')) {
    if (folders.some((folder) => path.startsWith(`${folder}/`))) await copy.write(path, (await storage.read(path))!);
  }
  return copy;
}

async function trained(storage: MemoryStorage, stage: string) {
  const text = new TextDecoder().decode((await storage.read(`${stage}/history.json`))!);
  const { tensors } = decodeSafetensors((await storage.read(`${stage}/model.safetensors`))!);
  return { history: JSON.parse(text) as Record<string, number[]>, tensors };
}

type Values = ArrayLike<number | bigint>;

/**
 * How far two weights are apart, as a share of their size. Where a gradient is nothing but rounding Adam makes steps of it
 * all the same: in single entries, which the root of the mean square forgives, and in whole biases without effect, those of
 * keys (all scores of a query shift alike) and those before an instance norm.
 */
function distance(name: string, a: Values, b: Values): number {
  const withoutEffect = (i: number) =>
    /model\.\d.*conv\.bias$/.test(name) || (name.endsWith('in_proj_bias') && Math.floor((3 * i) / b.length) === 1);
  const squares = (value: (i: number) => number) =>
    Array.from(b, (_, i) => (withoutEffect(i) ? 0 : value(i) ** 2)).reduce((sum, square) => sum + square, 0);
  return Math.sqrt(
    squares((i) => Number(a[i]) - Number(b[i])) /
      Math.max(
        squares((i) => Number(b[i])),
        1e-6,
      ),
  );
}

describe.skipIf(!hasWebgpu)('three steps of each stage of tiny on webgpu', () => {
  const stages = ['vqae', 'diffusion', 'registration-real'] as const;
  const precisions = hasHalf ? (['float32', 'mixed'] as const) : (['float32'] as const);
  /** Decimals of losses, and distance of weights. */
  const close = { float32: { decimals: 3, distance: 2e-3 }, mixed: { decimals: 2, distance: 2e-2 } };
  const reference = { adam: new MemoryStorage(), muon: new MemoryStorage() };
  beforeAll(async () => {
    await runUntil('wasm', reference.adam, ['diffusion', 'registration-real']);
    await runUntil('wasm', reference.muon, ['diffusion'], { optimiser: 'muon' });
  });

  const cases = precisions.flatMap((precision) => [
    ...stages.map((stage) => ({ stage, precision, optimiser: 'adam' as const })),
    ...(['vqae', 'diffusion'] as const).map((stage) => ({ stage, precision, optimiser: 'muon' as const })),
  ]);
  it.each(cases)(
    'give the numbers of wasm: $stage, $precision, $optimiser',
    async ({ stage, precision, optimiser }) => {
      const { decimals, distance: mostOfWeights } = close[precision];
      const given = await copyOf(reference[optimiser], stage === 'diffusion' ? ['vqae', 'tokens'] : []);
      const [actual, expected] = [
        await trained(await runUntil('webgpu', given, [stage], { optimiser, precision }), stage),
        await trained(reference[optimiser], stage),
      ];
      expect(Object.keys(actual.history)).toEqual(Object.keys(expected.history));
      for (const [name, values] of Object.entries(expected.history)) {
        // Muon makes more of rounding, which decides which of two codes is the nearer where both are as near.
        const most = name === 'codesUsed' && optimiser === 'muon' ? 2 : 0.5 * 10 ** -decimals;
        values.forEach((value, step) =>
          expect(Math.abs(actual.history[name][step] - value), `${name}, step ${step}`).toBeLessThanOrEqual(most),
        );
      }
      expect([...actual.tensors.keys()]).toEqual([...expected.tensors.keys()]);
      for (const [name, { data }] of expected.tensors) {
        expect(distance(name, actual.tensors.get(name)!.data, data), name).toBeLessThan(mostOfWeights);
      }
    },
  );
});
