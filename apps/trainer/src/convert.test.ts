import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodePytorch, decodeSafetensors, narrowed, widened, type HostTensor } from '@paired3d/nn';
import { importTokens, openDenoiser, openRegistration, openVqae } from '@paired3d/pipeline';
import { checkpoint, expectClose, golden } from '@paired3d/oracle';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { selectBackend } from './backend';
import { NodeStorage } from './node-storage';
import { temporaryFolder } from './testing';
import { paired3d, sets } from './testing/run';

/** A checkpoint of the oracle as a file, beside which results can be written. */
function given(name: string): { file: string; at: (name: string) => string } {
  const folder = temporaryFolder();
  const file = path.join(folder, `${name}.pth`);
  writeFileSync(file, checkpoint(name));
  return { file, at: (other) => path.join(folder, other) };
}

const settingsOf = (name: string) => golden(name).settings as Record<string, never>;

/** The narrow networks of the oracle, as settings over the preset `paper`. */
function narrow(): Record<'vqae' | 'diffusion' | 'registration', string[]> {
  const { channels, strides, codes } = settingsOf('autoencoder');
  const { grid, width, depth, heads, feedForward, codes: words } = settingsOf('denoiser');
  const { size, channels: features, strides: steps } = settingsOf('registration');
  const network = { kind: 'monai', channels, strides };
  const codeDim = (channels as number[]).at(-1)!;
  const onGrid = (sizes: number[]) => ({ 'source.dataset.frame': { padTo: sizes, start: [0, 0, 0], size: sizes } });
  const cells = (grid as number[]).slice(1).map((n) => 8 * n);
  const vqae = { 'vqae.model.network': network, 'vqae.model.codeDim': codeDim };
  return {
    vqae: sets({ ...vqae, 'vqae.model.codes': codes }),
    diffusion: sets({
      ...vqae,
      ...onGrid(cells),
      'vqae.model.codes': words,
      'diffusion.model': { kind: 'plain', width, depth, heads, feedForward, dropout: 0.1 },
    }),
    registration: sets({
      ...onGrid((size as number[]).map((n) => 2 * n)),
      'registration.model.channels': features,
      'registration.model.strides': steps,
      'registration.model.smoothing': { width: 3, strides: [2, 2, 1, 1] },
      'registration.model.integrationSteps': 7,
    }),
  };
}

const expected = golden('checkpoints');
const picked = (values: ArrayLike<number>, every: number) => Array.from(values).filter((_, i) => i % every === 0);

describe('float16 checkpoints of PyTorch, compiled and on cuda', () => {
  it('become an autoencoder that gives PyTorch’s tokens and logits', async () => {
    const { file, at } = given('autoencoder-f16');
    const result = await paired3d('convert', file, '--kind', 'vqae', ...narrow().vqae, '--out', at('vqae'));
    expect(result).toEqual({ exitCode: 0, stdout: `vqae model: ${at('vqae')}\n`, stderr: '' });
    await selectBackend('wasm');
    const model = await openVqae(await NodeStorage.existing(at('vqae')));
    const { data, shape } = golden('autoencoder').tensor('pair');
    const tokens = model.tokenize(tf.tensor5d(Float32Array.from(data), shape as never));
    expect([...(await tokens.data())]).toEqual([...expected.tensor('indices').data]);
    const probabilities = await model.decodeTokens(tokens).data();
    expect(probabilities).toHaveLength(2 * 16 ** 3);
    const [batch, , ...grid] = tokens.shape;
    const quantized = tf.reshape(tf.gather(model.codebook, tf.reshape(tokens, [-1])), [batch, ...grid, -1]);
    const logits = await model.decode(quantized as tf.Tensor5D).data();
    expectClose(picked(logits, settingsOf('autoencoder').every), expected.tensor('logits').data);
    model.dispose();
  });

  it('become a denoiser that gives PyTorch’s logits', async () => {
    const { file, at } = given('denoiser-f16');
    const options = ['--kind', 'diffusion', ...narrow().diffusion, '--dtype', 'f16', '--out', at('denoiser')];
    const result = await paired3d('convert', file, ...options);
    expect(result.stderr).toBe('');
    await selectBackend('wasm');
    const denoiser = await openDenoiser(await NodeStorage.existing(at('denoiser')));
    const { data, shape } = golden('denoiser').tensor('ids');
    const logits = denoiser.logits(tf.tensor2d(data as Int32Array, shape as [number, number], 'int32'));
    expectClose(await logits.data(), expected.tensor('denoiser').data);
    denoiser.dispose();
  });

  it('become a registration network that gives PyTorch’s displacements', async () => {
    const { file, at } = given('registration-f16');
    const options = ['--kind', 'registration', ...narrow().registration, '--out', at('network')];
    expect((await paired3d('convert', file, ...options)).stderr).toBe('');
    await selectBackend('wasm');
    const network = await openRegistration(await NodeStorage.existing(at('network')));
    const { data, shape } = golden('registration').tensor('images');
    const images = tf.split(tf.tensor5d(data as Float32Array, shape as never), 2) as [tf.Tensor5D, tf.Tensor5D];
    const { forward } = network.displacement(...images);
    expectClose(picked(await forward.data(), settingsOf('registration').every), expected.tensor('forward').data);
    network.dispose();
  });
});

describe('there and back', () => {
  it.each(['vqae', 'diffusion', 'registration'] as const)(
    'a %s keeps its values, under the names that PyTorch expects',
    async (kind) => {
      const name = { vqae: 'autoencoder', diffusion: 'denoiser', registration: 'registration' }[kind];
      const { file, at } = given(`${name}-f16`);
      const toFolder = await paired3d('convert', file, '--kind', kind, ...narrow()[kind], '--out', at('model'));
      expect(toFolder.stderr).toBe('');
      const back = await paired3d('convert', at('model'), '--dtype', 'f16', '--out', at('back.safetensors'));
      expect(back).toEqual({ exitCode: 0, stdout: `weights: ${at('back.safetensors')}\n`, stderr: '' });
      const { tensors, metadata } = decodeSafetensors(readFileSync(at('back.safetensors')));
      expect(metadata).toEqual({ format: 'pt', kind });
      expect(tensors).toEqual(new Map([...decodePytorch(readFileSync(file))]));
      // And straight from file to file, in float32.
      await paired3d('convert', file, '--dtype', 'f32', '--out', at('straight.safetensors'));
      const straight = decodeSafetensors(readFileSync(at('straight.safetensors'))).tensors;
      for (const [key, tensor] of tensors) {
        expect(straight.get(key)).toEqual(widened(tensor));
        expect(narrowed(straight.get(key)!)).toEqual(tensor);
      }
      // The safetensors file makes the same model folder.
      const again = await paired3d(
        'convert',
        at('back.safetensors'),
        '--kind',
        kind,
        ...narrow()[kind],
        '--out',
        at('again'),
      );
      expect(again.stderr).toBe('');
      expect(readFileSync(at('again/model.safetensors'))).toEqual(readFileSync(at('model/model.safetensors')));
    },
  );
});

const python = process.env.PYTHON ?? '/usr/bin/python3';
const hasTorch = spawnSync(python, ['-c', 'import torch, numpy'], { stdio: 'ignore' }).status === 0;

it.skipIf(!hasTorch)('PyTorch loads what is written back, and gives the same again', async () => {
  const files: string[] = [];
  for (const [kind, name] of Object.entries({
    vqae: 'autoencoder',
    diffusion: 'denoiser',
    registration: 'registration',
  })) {
    const { file, at } = given(`${name}-f16`);
    await paired3d('convert', file, '--kind', kind, ...narrow()[kind as 'vqae'], '--out', at('model'));
    await paired3d('convert', at('model'), '--out', at('back.safetensors'));
    files.push(`${kind}=${at('back.safetensors')}`);
  }
  const script = fileURLToPath(new URL('../../../tools/oracle/load.py', import.meta.url));
  const { status, stderr } = spawnSync(python, ['-B', script, ...files], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
});

describe('what does not fit', () => {
  it('is one line that lists every tensor, and nothing is written', async () => {
    const { file, at } = given('denoiser-f16');
    const options = ['--kind', 'diffusion', ...narrow().diffusion, '--set', 'diffusion.model.feedForward=8'];
    const { exitCode, stderr } = await paired3d(
      'convert',
      file,
      ...options,
      '--set',
      'diffusion.model.depth=1',
      '--out',
      at('x'),
    );
    expect(exitCode).toBe(42);
    expect(stderr).toMatch(
      /^paired3d: loadStateDict: expected the tensors of this model, got extra [^\n]+; misshapen [^\n]+\n$/,
    );
    expect(stderr).toContain('transformer.1.norm2.bias');
    expect(stderr).toContain('transformer.0.linear1.weight (F32 [8,16] wanted, F16 [24,16] given)');
    expect(existsSync(at('x/model.safetensors'))).toBe(false);
  });

  it.each<[string, (file: string) => string[], string]>([
    ['a folder without its kind', (file) => [file], 'expected --kind, or a file .safetensors as --out, got neither'],
    ['a file that is not there', () => ['nowhere.pth'], 'nowhere.pth: expected a checkpoint, got no such file'],
    ['a folder that is no model', (file) => [path.dirname(file)], 'got no readable config.json'],
  ])('%s is told', async (_, args, message) => {
    const { file, at } = given('denoiser-f16');
    const { exitCode, stderr } = await paired3d('convert', ...args(file), '--out', at('x'));
    expect([exitCode, stderr]).toEqual([42, expect.stringContaining(message)]);
  });

  it('a damaged file is told', async () => {
    const { file, at } = given('denoiser-f16');
    writeFileSync(file, checkpoint('denoiser-f16').subarray(0, 9000));
    const { exitCode, stderr } = await paired3d('convert', file, '--out', at('x.safetensors'));
    expect([exitCode, stderr]).toEqual([42, expect.stringContaining('PyTorch checkpoint, file: expected a zip file')]);
    expect(existsSync(at('x.safetensors'))).toBe(false);
  });
});

describe('token grids', () => {
  /** Three grids of 1 x 2 x 2 x 2 tokens as a model's own tokens folder has them. */
  async function tokensFolder(): Promise<string> {
    const folder = path.join(temporaryFolder(), 'tokens');
    const storage = await NodeStorage.open(folder);
    const items = [1, 2, 3].map((n): [string, HostTensor] => [
      String(n),
      { dtype: 'I16', shape: [8], data: Int16Array.from({ length: 8 }, (_, i) => (n * i) % 16) },
    ]);
    await importTokens(storage, new Map(items), { grid: [1, 2, 2, 2], codes: 16, holdOut: 3 });
    return folder;
  }
  const settings = sets({
    'vqae.model.codes': 16,
    'diffusion.steps': 3,
    'diffusion.model': { kind: 'patch', width: 8, depth: 1, heads: 2, feedForward: 16, tokenWidth: 4 },
  });

  it.each(['elbo', 'reweighted-elbo'])(
    'train a denoiser without scans and without an autoencoder, %s',
    async (weighting) => {
      const tokens = await tokensFolder();
      const out = path.join(tokens, '../run');
      const options = [
        '--tokens',
        tokens,
        '--preset',
        'small',
        ...settings,
        '--set',
        `diffusion.weighting=${weighting}`,
      ];
      const result = await paired3d('train', 'diffusion', ...options, '--backend', 'cpu', '--quiet', '--out', out);
      expect(result).toEqual({ exitCode: 0, stdout: `diffusion model: ${path.join(out, 'diffusion')}\n`, stderr: '' });
      const metrics = JSON.parse(readFileSync(path.join(out, 'diffusion/metrics.json'), 'utf8')) as Record<
        string,
        number
      >;
      expect(metrics.bitsPerToken).toBeGreaterThan(1);
      expect(metrics.bitsPerToken).toBeLessThan(8);
      const denoiser = await openDenoiser(await NodeStorage.existing(path.join(out, 'diffusion')));
      expect(denoiser.config).toMatchObject({ codes: 16, grid: [1, 2, 2, 2] });
      denoiser.dispose();
    },
  );

  it('are for the diffusion model alone', async () => {
    const result = await paired3d('train', 'vqae', '--tokens', 'x', '--out', temporaryFolder());
    expect([result.exitCode, result.stderr]).toEqual([
      2,
      expect.stringContaining('--tokens is for the diffusion model'),
    ]);
  });
});

const data = process.env.PAIRED3D_DATA;
const published = data && path.join(data, 'tokens/paper_vqae_tokens_97.pth');
it.skipIf(!published || !existsSync(published))('the published tokens become grids to train on', async () => {
  const out = path.join(temporaryFolder(), 'tokens');
  const result = await paired3d('convert', published!, '--kind', 'tokens', '--hold-out', '10', '--out', out);
  expect(result.stdout).toBe(`tokens (87 to train on, 10 held out): ${out}\n`);
  const files = ['000', '010', '020', '030', '040', '050', '060', '070', '080', '090'];
  expect(readdirSync(path.join(out, 'validation'))).toEqual(files.map((name) => `${name}.safetensors`));
  const { tensors } = decodeSafetensors(readFileSync(path.join(out, 'train/001.safetensors')));
  expect(tensors.get('tokens')).toMatchObject({ dtype: 'I16', shape: [1, 1, 16, 13, 16] });
  const original = [...decodePytorch(readFileSync(published!)).values()][1];
  expect(tensors.get('tokens')!.data).toEqual(original.data);
});
