import type { PipelineEvent } from '@paired3d/pipeline';
import { describe, expect, it } from 'vitest';
import { progressMode, showProgress, stepText, type ProgressMode } from './progress';
import { Sink } from './testing';

const step = (n: number): PipelineEvent & { type: 'step' } => ({
  type: 'step',
  stage: 'vqae',
  step: n,
  total: 100,
  metrics: { loss: 1 / n, codebookLoss: 0.5, dice: 0.25 },
});

const run: PipelineEvent[] = [
  { type: 'stage-start', stage: 'vqae', total: 100, resumedAt: 40 },
  ...Array.from({ length: 60 }, (_, i) => step(41 + i)),
  { type: 'checkpoint', stage: 'vqae', step: 100 },
  { type: 'message', level: 'info', text: 'validated' },
  { type: 'message', level: 'warning', text: 'few codes in use' },
  { type: 'stage-end', stage: 'vqae', seconds: 60, skipped: false },
  { type: 'stage-end', stage: 'tokenize', seconds: 0, skipped: true },
];

/** Plays the run at one event a second. */
function play(mode: ProgressMode, isTTY = false) {
  const [stdout, stderr] = [new Sink(), new Sink(isTTY)];
  let time = 0;
  const progress = showProgress({ mode, stdout, stderr, now: () => time });
  for (const event of run) {
    progress.listener(event);
    time += 1000;
  }
  progress.close();
  return { stdout: stdout.text, stderr: stderr.text };
}

describe('progressMode', () => {
  it('follows the flags, then the terminal', () => {
    expect(progressMode({ json: true, quiet: true }, { isTTY: true })).toBe('json');
    expect(progressMode({ quiet: true }, { isTTY: true })).toBe('quiet');
    expect(progressMode({}, { isTTY: true })).toBe('bars');
    expect(progressMode({}, {})).toBe('lines');
  });
});

describe('stepText', () => {
  it('tells place, metrics and the time that is left', () => {
    const text = 'vqae: 50/100 (50 %) · loss 0.02000 · codebook loss 0.5000 · dice 0.2500 · 1 min 30 s left';
    expect(stepText(step(50), 90)).toBe(text);
    expect(stepText({ ...step(1), metrics: {} }, undefined)).toBe('vqae: 1/100 (1 %)');
  });
});

describe('showProgress', () => {
  it('writes one JSON object a line on stdout, and nothing else', () => {
    const { stdout, stderr } = play('json');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(run);
    expect(stderr).toBe('');
  });

  it('writes a line every five seconds and at the end of a stage', () => {
    const { stdout, stderr } = play('lines');
    const written = stderr.trimEnd().split('\n');
    expect(stdout).toBe('');
    expect(written[0]).toBe('vqae: 100 steps, going on at 40');
    expect(written.filter((line) => line.includes('%'))).toHaveLength(13);
    expect(written[2]).toBe('vqae: 46/100 (46 %) · loss 0.02174 · codebook loss 0.5000 · dice 0.2500 · 54 s left');
    expect(written.slice(-5)).toEqual([
      expect.stringContaining('vqae: 100/100 (100 %)'),
      'validated',
      'warning: few codes in use',
      'vqae: done in 1 min 00 s',
      'tokenize: already done',
    ]);
  });

  it('writes warnings alone when quiet', () => {
    expect(play('quiet')).toEqual({ stdout: '', stderr: 'warning: few codes in use\n' });
  });

  it('draws a bar with metrics and time on a terminal, and leaves a line per stage', () => {
    const { stdout, stderr } = play('bars', true);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/vqae █+░* 40\/100/u);
    expect(stderr).toContain('100/100 · 0 s left · loss 0.01000 · codebook loss 0.5000 · dice 0.2500');
    expect(stderr).toContain('validated\n');
    expect(stderr).toMatch(/vqae: done in 1 min 00 s · loss 0\.01000 .*\n/);
    expect(stderr).toMatch(/tokenize: already done\n$/);
    expect(stderr.match(/\u001b\[\?25l/g)?.length).toBe(stderr.match(/\u001b\[\?25h/g)?.length); // the cursor comes back
  });
});
