import * as tf from '@tensorflow/tfjs';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as dawn from 'webgpu';
import { describe, expect, it } from 'vitest';
import { addBias } from '../addBias';
import { smoothness } from '../smoothness';
import { hasHalf } from '../testing/webgpu';
import { registerWasmKernels } from '../wasm/index';
import type { WebgpuBackend } from './backend';
import { Call } from './call';
import * as api from './index';
import { createWebgpuBackend, registerWebgpuKernels, WebgpuError, WebgpuLimitError } from './index';
import { folded } from './program';
import { kernels } from './register';
import { describeKernels } from './testing';

const backend = () => tf.backend() as WebgpuBackend;

describe('@paired3d/ops/webgpu', () => {
  it('exports a short list of names', () => {
    const names = ['WebgpuError', 'WebgpuLimitError', 'createWebgpuBackend', 'matrixText', 'registerWebgpuKernels'];
    expect(Object.keys(api).sort()).toEqual(names);
  });

  it('asks for the webgpu backend', async () => {
    await tf.setBackend('cpu');
    expect(() => registerWebgpuKernels()).toThrow(WebgpuError);
    expect(() => registerWebgpuKernels()).toThrow(/to be 'webgpu', got 'cpu'; await createWebgpuBackend/);
  });

  it('has a kernel wherever the wasm backend has one', async () => {
    const ours = (name: string) =>
      tf
        .getKernelsForBackend(name)
        .flatMap(({ kernelName }) => (kernelName.startsWith('Paired3d') ? [kernelName] : []));
    await import('@tensorflow/tfjs-backend-wasm');
    await tf.setBackend('wasm');
    await registerWasmKernels();
    // Copies to and from memory that threads share are no operations.
    const operations = ours('wasm').filter((name) => !/(To|From)Host$/.test(name));
    expect(operations.length).toBeGreaterThan(30);
    expect(kernels.map(({ name }) => name)).toEqual(expect.arrayContaining(operations));
  });

  it('folds dispatches into two dimensions of what the device allows', () => {
    expect(folded(65535, 65535)).toEqual([65535, 1]);
    expect(folded(65536, 65535)).toEqual([32768, 2]);
    expect(folded(65535 ** 2, 65535)).toEqual([65535, 65535]);
    expect(folded(65535 ** 2 + 1, 65535)).toBeUndefined();
  });
});

describeKernels('a WebGPU device', () => {
  it('has the limits of its adapter, and says what it is', async () => {
    const opened = await createWebgpuBackend(WebGPUBackend, { dawn });
    registerWebgpuKernels();
    expect(opened.description).not.toBe('');
    const { limits } = (await dawn.create([]).requestAdapter())!;
    for (const name of ['maxStorageBufferBindingSize', 'maxBufferSize', 'maxStorageBuffersPerShaderStage'] as const) {
      expect(opened.limits[name]).toBe(limits[name]);
    }
    expect(opened).toMatchObject({ precision: 'float32', warnings: [] });
    expect(opened.matrix).toBeUndefined();
    expect(tf.getBackend()).toBe('webgpu');
  });

  it.skipIf(hasHalf)('is refused for mixed precision without float16', async () => {
    await expect(createWebgpuBackend(WebGPUBackend, { dawn, precision: 'mixed' })).rejects.toThrow(
      /expected a device with shader-f16 for mixed precision, got .*, without; leave precision at float32/,
    );
  });

  it('throws errors of validation at the next read, once', async () => {
    const x = tf.ones([4]);
    const program = { name: 'broken', reads: { x }, threads: 1, workgroups: 1, code: 'fn run() { nonsense }' };
    const y = Call.open('test', backend(), (call) => {
      const made = call.output([4]);
      call.run({ ...program, writes: { y: made } });
      return made;
    });
    const tensor = tf.engine().makeTensorFromTensorInfo(y);
    await expect(tensor.data()).rejects.toThrow(WebgpuError);
    expect(Array.from(await x.add(1).data())).toEqual([2, 2, 2, 2]);
  });

  it('names the limit that a tensor is beyond, and the kernel', async () => {
    const most = (backend().device.limits as { maxStorageBufferBindingSize: number }).maxStorageBufferBindingSize;
    const open = () =>
      Call.open('Paired3dTest', backend(), (call) => {
        const y = call.output([most / 4 + 1]);
        call.run({ name: 'fill', reads: {}, writes: { y }, threads: 1, workgroups: 1, code: '' });
        return y;
      });
    expect(open).toThrow(WebgpuLimitError);
    expect(open).toThrow(new RegExp(`Paired3dTest: expected at most ${most} .*max(StorageBufferBinding|Buffer)Size`));
  });

  it('works on tensors of more than 65,535 workgroups', async () => {
    const count = 65536 * 256 + 300;
    const y = tf.tidy(() => addBias(tf.zeros([count]).reshape([-1, 4]), tf.tensor1d([1, 2, 3, 4])));
    const values = await y.data();
    expect(values.length).toBe(count);
    expect(values.every((value, i) => value === 1 + (i % 4))).toBe(true);
    y.dispose();
  });

  it('takes a tensor that its code does not look at', async () => {
    const { value, grad } = tf.valueAndGrad((x) => smoothness(x as tf.Tensor5D, {}))(tf.ones([1, 2, 2, 2, 3]));
    expect(Array.from(await value.data())).toEqual([0]);
    expect((await grad.data()).every((zero) => zero === 0)).toBe(true);
  });

  it('says that a synchronous read cannot be had in Node', () => {
    expect(() => addBias(tf.ones([1, 2]), tf.ones([2])).dataSync()).toThrow(/read with await tensor.data\(\)/);
  });

  it('refuses to go on with a lost device, and can be made again', async () => {
    const x = tf.ones([4]);
    backend().device.destroy();
    await backend().device.lost;
    await expect(x.add(1).data()).rejects.toThrow(
      /a device, got one that was lost: .*; call createWebgpuBackend again/,
    );
    await createWebgpuBackend(WebGPUBackend, { dawn });
    registerWebgpuKernels();
    expect(Array.from(await tf.ones([2]).add(1).data())).toEqual([2, 2]);
  });
});
