import {
  getKernel,
  registerKernel,
  unregisterKernel,
  type KernelFunc,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

/** The inputs that tfjs hands to a kernel, without its provision for absent ones. */
export function present(inputs: NamedTensorInfoMap): Record<string, TensorInfo> {
  return inputs as Record<string, TensorInfo>;
}

/** Registers a kernel of ours for a backend, unless it is there already. */
export function register(backendName: string, kernelName: string, kernelFunc: KernelFunc): void {
  if (!getKernel(kernelName, backendName)) registerKernel({ kernelName, backendName, kernelFunc });
}

/** Kernels of ours that stand in for tfjs's own. */
const standIns = new WeakSet<KernelFunc>();

/** Puts a kernel of ours in the place of tfjs's own, once; what `serves` does not take, that one goes on serving. */
export function replace(
  backendName: string,
  kernelName: string,
  ours: KernelFunc,
  serves: (call: Parameters<KernelFunc>[0]) => boolean,
): void {
  const stock = getKernel(kernelName, backendName);
  if (standIns.has(stock.kernelFunc)) return;
  const kernelFunc: KernelFunc = (call) => (serves(call) ? ours(call) : stock.kernelFunc(call));
  unregisterKernel(kernelName, backendName);
  registerKernel({ ...stock, kernelFunc });
  standIns.add(kernelFunc);
}
