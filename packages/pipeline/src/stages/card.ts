import { canonicalJson } from '../storage/canonical-json';
import type { ModelName, RunContext } from '../run/context';

const titles: Record<ModelName, string> = {
  vqae: 'Vector-quantised autoencoder of paired volumes',
  diffusion: 'Absorbing diffusion denoiser of paired token grids',
  registration: 'Two-step inverse-consistent registration network',
};

/** The card of a model folder: what it is, what it was trained on, what it reached. */
export function modelCard(
  kind: ModelName,
  { config, source }: RunContext,
  facts: Readonly<Record<string, number | string>>,
): string {
  const rows = Object.entries(facts).map(([name, value]) => `| ${name} | ${format(value)} |`);
  return [
    `# ${titles[kind]}`,
    '',
    `Made by paired3d. Trained on \`${source.name}\` with seed ${config.seed}.`,
    '',
    '| | |',
    '| --- | --- |',
    ...rows,
    '',
    'Weights are in `model.safetensors`, in the layout and with the names of PyTorch; `config.json` builds the model.',
    '',
    '## Training configuration',
    '',
    '```json',
    canonicalJson(config[kind], 2),
    '```',
    '',
  ].join('\n');
}

const format = (value: number | string) =>
  typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(4) : `${value}`;
