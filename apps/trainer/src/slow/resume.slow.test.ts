import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { STAGES } from '@paired3d/pipeline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { paired3d, shrunken, start, workFolder } from './command';

/** Those of the demo, whose tokens are of two scans and not of a motion. */
const stages = STAGES.filter((stage) => stage !== 'motion');

const work = workFolder();
afterAll(work.remove);

const command = (out: string) => ['demo', ...shrunken(), '--backend', 'wasm', '--out', out, '--json'];

/** What a finished run made: SHA-256 of the outputs that its manifests vouch for, and its figures. */
function resultOf(out: string) {
  const hash = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
  const outputs = stages.flatMap((stage) => {
    const { outputs } = JSON.parse(readFileSync(path.join(out, stage, 'manifest.json'), 'utf8')) as {
      outputs: Record<string, string>;
    };
    return Object.entries(outputs).map(([file, stated]) => {
      const name = `${stage}/${file}`;
      expect(hash(path.join(out, name)), name).toBe(stated);
      return [name, stated] as const;
    });
  });
  const { vqae, diffusion, registration } = JSON.parse(readFileSync(path.join(out, 'summary.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  return { outputs: Object.fromEntries(outputs), figures: { vqae, diffusion, registration } };
}

/** Runs until a stage has done some of its work and `signal` ends it (or to its end, when that comes first). */
async function interrupt(out: string, stage: string, step: number, delay: number, signal: NodeJS.Signals) {
  let sent = false;
  const running = start(command(out), (event) => {
    const reached = event.stage === stage && (event.type === 'stage-start' ? 0 : (event.step as number)) >= step;
    if (sent || !reached) return;
    sent = true;
    setTimeout(() => running.child.kill(signal), delay);
  });
  return running.ended;
}

describe('a run that is killed', () => {
  const whole = path.join(work.folder, 'whole');
  let expected: ReturnType<typeof resultOf>;

  beforeAll(async () => {
    const { exitCode, stderr } = await paired3d(...command(whole));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expected = resultOf(whole);
    expect(Object.keys(expected.outputs)).toContain('registration-real/model.safetensors');
  });

  // Two moments in each stage: some steps into it, and some milliseconds more, so that saves are hit too.
  const moments = stages.flatMap((stage, index) => [
    { stage, step: 0, delay: (index * 37) % 90 },
    {
      stage,
      step: stage === 'evaluation' || stage === 'synthetic' || stage === 'tokens' ? 1 : 6,
      delay: (index * 53) % 90,
    },
  ]);

  it('goes on to the same result, killed once in the middle of every stage', async () => {
    const out = path.join(work.folder, 'killed');
    let killed = 0;
    for (const { stage, step, delay } of moments) {
      const { exitCode, stderr } = await interrupt(out, stage, step, delay, 'SIGKILL');
      if (exitCode === null) killed++;
      else expect({ exitCode, stderr, stage }).toEqual({ exitCode: 0, stderr: '', stage });
    }
    // A short stage may be over before the signal arrives.
    expect(killed).toBeGreaterThanOrEqual(12);
    const { exitCode, stderr } = await paired3d(...command(out));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(resultOf(out)).toEqual(expected);
    expect(existsSync(path.join(out, 'report/index.html'))).toBe(true);
    const leftovers = readdirSync(out, { recursive: true }).filter((name) => String(name).includes('.paired3d-'));
    expect(leftovers).toEqual([]);
  });

  it('stops with a checkpoint on SIGTERM and SIGINT, says how to go on, and does', async () => {
    const out = path.join(work.folder, 'stopped');
    const signals = { SIGTERM: 143, SIGINT: 130 } as const;
    for (const [index, stage] of (
      ['vqae', 'diffusion', 'synthetic', 'registration', 'evaluation'] as const
    ).entries()) {
      const signal = index % 2 === 0 ? 'SIGTERM' : 'SIGINT';
      // The evaluation is as short as its two pairs: the signal has to be there before the first is done.
      const { exitCode, stderr } = await interrupt(out, stage, stage === 'evaluation' ? 0 : 1, 0, signal);
      expect(exitCode, `${stage}: ${stderr}`).toBe(signals[signal]);
      expect(stderr).toMatch(/run the same command again to go on from the last checkpoint\n$/);
    }
    const { exitCode } = await paired3d(...command(out));
    expect(exitCode).toBe(0);
    expect(resultOf(out)).toEqual(expected);
  });
});
