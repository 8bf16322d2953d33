import { describe, expect, it } from 'vitest';
import type { Assessment } from '../assess/assess';
import type { AssessedPair } from '../assess/assessStage';
import { copyBound, judgePairs } from '../assess/criteria';
import { verdictOf } from '../assess/verdict';
import { renderAssessment, type AssessmentReport } from './assessment-page';

const SIZE = [2, 3, 4] as const;
const scan = (value: number) => new Float32Array(24).fill(value);
const prepared = (id: string) => ({ id, size: SIZE, extent: SIZE, fixed: scan(0.5), moving: scan(1) });

const assessed = (id: string, displacement: number): AssessedPair => ({
  id,
  figures: {
    volumeFraction: 0.03,
    components: 30,
    thickness: 4,
    branching: 0.1,
    dice: 0.4,
    ncc: 0.4,
    nccAfter: 0.9,
    displacement,
  },
  nearest: { id: 'r1', image: 'moving', mirrored: true, overlap: 0.31 },
  copy: 0.95,
});

function report(displacements: readonly number[], title = 'A title'): AssessmentReport {
  const real = [assessed('r1', 9), assessed('r2', 11)];
  const synthetic = displacements.map((mm, n) => assessed(`s<${n}>`, mm));
  const criteria = judgePairs({ pairs: real, spread: 0.7 }, { pairs: synthetic, spread: 0.7 });
  const settings = { threshold: 0.5, optimise: 'fast', seed: 3 } as const;
  const bound = copyBound(real);
  const chance = { displacement: 0.1, displacementDeviation: 0.5 };
  const assessment: Assessment = {
    verdict: verdictOf(criteria),
    criteria,
    copyBound: bound,
    chance,
    real,
    synthetic,
    settings,
  };
  const pairs = { real: real.map(({ id }) => prepared(id)), synthetic: synthetic.map(({ id }) => prepared(id)) };
  const facts = [['optimisation', 'fast']] as const;
  return { title, command: 'paired3d assess a', assessment, of: 40, pairs, shown: pairs, facts, date: 'today' };
}

describe('renderAssessment', () => {
  it('says what fails, with figure, bounds and reason', () => {
    const page = renderAssessment(report([2, 3], 'A <title>'));
    expect(page).toContain('Not plausible: <b class="outside">2 of 12 figures</b>');
    expect(page).toContain(
      '2 of 40 synthetic pairs beside 2 real ones. Outside: displacement, s.d. of the displacement.',
    );
    expect(page).toContain('<td>10.00 ± 1.41</td><td>2.50 ± 0.71</td><td>8.00 to 12.00</td><td class="outside">');
    expect(page).toContain('chance alone moves the mean displacement by 10 % and its standard deviation by 50 %');
    expect(page).toContain('<title>A &lt;title&gt;</title>');
    expect(page).not.toMatch(/<script|src="(?!data:)|href="(?!#|data:)/);
  });

  it('says when nothing does', () => {
    const page = renderAssessment(report([9, 11]));
    expect(page).toContain('Plausible: <b>all 12 figures</b>');
    expect(page).not.toContain('class="outside"');
  });

  it('shows pairs side by side, a chart of each figure, and the nearest training scans', () => {
    const page = renderAssessment(report([9, 11]));
    expect(page.match(/alt="Coronal maximum projection: Real pair/g)).toHaveLength(2);
    expect(page.match(/alt="Coronal maximum projection: Synthetic pair s&lt;/g)).toHaveLength(2);
    expect(page.match(/<svg class="chart"/g)).toHaveLength(9);
    expect(page).toContain('<b>s&lt;0&gt;</b> · r1 moving, mirrored · 0.31');
    expect(page).toContain('paired3d assess a');
  });

  it('does without figures', () => {
    const page = renderAssessment({
      ...report([9, 11]),
      assessment: { ...report([9]).assessment, synthetic: [{ id: 'x' }] },
    });
    expect(page).toContain('synthetic pairs beside');
  });
});
