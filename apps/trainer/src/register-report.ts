import { renderRegistration } from '@paired3d/pipeline';
import { commandLine, device } from './machine';
import type { RegisteredScans, RegisterSettings } from './register-scans';
import type { ScanPair } from './scan-pair';

/** The report of one registration, as an offline page. */
export function registrationReport(
  { registered, transform, backward, warped }: RegisteredScans,
  { pair }: ScanPair,
  { method, preset, tta, learningRate }: RegisterSettings,
  args: readonly string[],
  backend: string,
): string {
  const facts: [string, string][] = [
    ...(method.endsWith('optimise') ? ([['optimisation', preset]] as [string, string][]) : []),
    ...(method === 'network+tta'
      ? ([['adaptation', `${tta} iterations, rate ${learningRate}`]] as [string, string][])
      : []),
    ['working grid', pair.size.join(' x ')],
    ['backend', backend],
    ['device', device()],
  ];
  const { displacement } = transform;
  const lengths = Array.from({ length: displacement.length / 3 }, (_, v) =>
    Math.hypot(displacement[3 * v], displacement[3 * v + 1], displacement[3 * v + 2]),
  );
  return renderRegistration({
    ...registered,
    title: 'Registration of a pair',
    command: commandLine(args),
    facts,
    date: `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    images: { size: pair.size, fixed: pair.fixed, moving: pair.moving, warped },
    deformation: {
      size: backward.size,
      displacement: inVoxels(backward),
      jacobian: transform.jacobian().data,
      millimetres: {
        mean: lengths.reduce((sum, mm) => sum + mm, 0) / lengths.length,
        most: lengths.reduce((most, mm) => Math.max(most, mm), 0),
      },
    },
  });
}

/** Normalised x, y, z = k, j, i as voxels along i, j, k. */
function inVoxels({ data, size }: RegisteredScans['backward']): Float32Array {
  const voxels = new Float32Array(data.length);
  for (let at = 0; at < data.length; at += 3) {
    for (let axis = 0; axis < 3; axis++) voxels[at + axis] = (data[at + 2 - axis] * size[axis]) / 2;
  }
  return voxels;
}
