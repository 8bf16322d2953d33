import {
  inVoxels,
  renderRegistration,
  type RegisteredPair,
  type RegisterSettings,
  type ScanPair,
} from '@paired3d/pipeline';
import { commandLine, device } from './machine';

/** The report of one registration, as an offline page. */
export function registrationReport(
  { registered, transform, backward, warped }: RegisteredPair,
  { pair }: ScanPair,
  { method, preset, tta, learningRate }: RegisterSettings,
  args: readonly string[],
  backend: string,
): string {
  const facts: [string, string][] = [
    ...(method.endsWith('optimise') ? ([['optimisation', String(preset)]] as [string, string][]) : []),
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
