// What a measurement was made on and with.
import { cpus, totalmem } from 'node:os';
import { installedVersion } from './engine.mjs';

/** Date, machine and versions, each as a line of text by its name. */
export function environment({ details }, torch, { rounds, cpuTime, workers }) {
  const [{ model }, ...others] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${model.trim()}, ${others.length + 1} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}`,
    node: process.version,
    'TensorFlow.js': `${installedVersion('@tensorflow/tfjs-core')}, ${details}`,
    PyTorch: torch ? torch.version : 'not installed: left out',
    threads: '1 each, but where workers are compared',
    ...(workers && { workers }),
    rounds: `${rounds}, of which the medians`,
    time: cpuTime ? 'of the processor (the machine was busy)' : 'of the clock',
  };
}
