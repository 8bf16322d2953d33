import * as tf from '@tensorflow/tfjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { backendNames, selectBackend } from './backend';
import { hasHalf, hasWebgpu } from './testing/webgpu';
import { ModuleMissing, resolveInstalled, loadInstalled } from './modules';
import { testConv3d } from './self-test';

const missing = async (name: string): Promise<never> => {
  throw new ModuleMissing(name);
};

/** Registers a backend under another name that is the cpu one in disguise, as loading a user-installed package would. */
async function register(name: string, extra: object = {}): Promise<void> {
  await tf.setBackend('cpu');
  const CpuBackend = tf.backend().constructor as new () => tf.KernelBackend;
  tf.registerBackend(name, () => Object.assign(new CpuBackend(), extra));
  tf.copyRegisteredKernels('cpu', name);
}

async function fourTimesThree(): Promise<number> {
  const [value] = await tf.tidy(() => tf.mul(tf.scalar(4), tf.scalar(3))).data();
  return value;
}

afterEach(() => {
  for (const name of ['tensorflow', 'webgpu']) if (tf.findBackendFactory(name)) tf.removeBackend(name);
});

describe('selectBackend', () => {
  it('knows its names', () => {
    expect(backendNames).toEqual(['wasm', 'webgpu', 'cpu', 'node-gpu', 'auto']);
  });

  it('starts wasm with our kernels and with gradients, without a word on the terminal', async () => {
    const lines: unknown[] = [];
    const spies = (['log', 'warn', 'error', 'info'] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation((...args) => void lines.push(args)),
    );
    const selected = await selectBackend('wasm', missing);
    expect(selected).toMatchObject({ name: 'wasm', warnings: [] });
    expect(selected.details).toMatch(/SIMD/);
    expect(tf.getBackend()).toBe('wasm');
    expect(tf.getKernel('Paired3dConv3d', 'wasm')).toBeTruthy();
    const [gradient] = await tf
      .grad((x) => tf.sum(tf.square(x)))(tf.tensor1d([3]))
      .data();
    expect(gradient).toBe(6);
    await selectBackend('cpu', missing);
    expect(await fourTimesThree()).toBe(12);
    expect(lines).toEqual([]);
    spies.forEach((spy) => spy.mockRestore());
  });

  it('takes wasm for auto when no GPU package is installed, without a warning', async () => {
    expect(await selectBackend('auto', missing)).toMatchObject({ name: 'wasm', warnings: [] });
  });

  it('uses the GPU of a user-installed node-gpu, also for auto', async () => {
    const loaded: string[] = [];
    const substitute = async (name: string) => {
      loaded.push(name);
      await register('tensorflow', { isUsingGpuDevice: true });
    };
    for (const name of ['node-gpu', 'auto'] as const) {
      const selected = await selectBackend(name, substitute);
      expect(selected).toEqual({ name: 'node-gpu', details: 'CUDA through TensorFlow', warnings: [] });
      expect(tf.getBackend()).toBe('tensorflow');
      expect(await fourTimesThree()).toBe(12);
      tf.removeBackend('tensorflow');
    }
    expect(loaded).toEqual(['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node-gpu']);
  });

  it('says what to install when node-gpu is absent', async () => {
    await expect(selectBackend('node-gpu', missing)).rejects.toThrow(
      'backend node-gpu: expected a working @tensorflow/tfjs-node-gpu, got none installed; ' +
        'run npm install @tensorflow/tfjs-node-gpu@4.22.0, or use --backend wasm',
    );
  });

  it('says what is wrong when node-gpu does not load or finds no GPU, and lets auto go on with a warning', async () => {
    const broken = async () => {
      throw new Error('libcudart.so.11: cannot open shared object file\n  at …');
    };
    await expect(selectBackend('node-gpu', broken)).rejects.toThrow('loading it: libcudart.so.11: cannot open shared');
    const auto = await selectBackend('auto', broken);
    expect(auto.name).toBe('wasm');
    expect(auto.warnings).toEqual([expect.stringContaining('libcudart.so.11')]);
    const withoutGpu = () => register('tensorflow', { isUsingGpuDevice: false });
    await expect(selectBackend('node-gpu', withoutGpu)).rejects.toThrow('got one that finds no GPU; check nvidia-smi');
    tf.removeBackend('tensorflow');
    await expect(selectBackend('node-gpu', async () => {})).rejects.toThrow('a backend that does not start');
  });

  it.skipIf(!hasWebgpu)('starts webgpu with our kernels, and warns of a software renderer', async () => {
    const selected = await selectBackend('webgpu');
    expect(selected).toMatchObject({ name: 'webgpu', details: selected.gpu!.description });
    expect(selected.warnings).toEqual(selected.gpu!.software ? [expect.stringContaining('in software')] : []);
    expect(tf.getBackend()).toBe('webgpu');
    expect(tf.getKernel('Paired3dConv3d', 'webgpu')).toBeTruthy();
    expect(await testConv3d(tf)).toMatchObject({ ok: true });
  });

  it.each(['auto', 'wasm', 'cpu', 'node-gpu'] as const)(
    'has mixed precision on webgpu alone, not on %s',
    async (name) => {
      await expect(selectBackend(name, missing, 'mixed')).rejects.toThrow(
        `--precision mixed: expected --backend webgpu, got ${name}; add --backend webgpu, or leave --precision out`,
      );
    },
  );

  it.skipIf(!hasWebgpu)('starts webgpu in mixed precision, where the adapter has float16', async () => {
    if (hasHalf) {
      const selected = await selectBackend('webgpu', undefined, 'mixed');
      expect(selected.details).toMatch(/, mixed precision/);
      expect(await testConv3d(tf, 'mixed')).toMatchObject({ ok: true });
    } else {
      await expect(selectBackend('webgpu', undefined, 'mixed')).rejects.toThrow(
        /backend webgpu: expected a device with shader-f16 for mixed precision, got .*, without; leave --precision out/,
      );
    }
  });

  it('says what to do when webgpu is absent, or finds no card', async () => {
    await expect(selectBackend('webgpu', missing)).rejects.toThrow(
      'backend webgpu: expected the package webgpu, got none installed; ' +
        'run npm install webgpu @tensorflow/tfjs-backend-webgpu@4.22.0, or use --backend wasm',
    );
    vi.stubGlobal('navigator', undefined);
    const cardless = { create: () => ({ requestAdapter: async () => null }), globals: {} };
    const modules = async (name: string) => (name === 'webgpu' ? cardless : { WebGPUBackend: class {} });
    await expect(selectBackend('webgpu', modules)).rejects.toThrow(
      'backend webgpu: expected an adapter, got none; install the Vulkan driver of the card and what it loads (libvulkan1, for NVIDIA also libegl1 and libgl1), or use the backend wasm',
    );
    vi.unstubAllGlobals();
  });
});

describe('loadInstalled', () => {
  it('finds packages of this program and tells those that are missing', async () => {
    expect(resolveInstalled('commander')).toMatch(/commander/);
    expect(await loadInstalled('commander')).toHaveProperty('Command');
    expect(resolveInstalled('@paired3d/no-such-package')).toBeUndefined();
    await expect(loadInstalled('@paired3d/no-such-package')).rejects.toThrow(ModuleMissing);
  });
});
