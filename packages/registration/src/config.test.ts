import { describe, expect, it } from 'vitest';
import { PAPER_CONFIG, registrationConfig } from './config';
import { RegistrationError } from './errors';

describe('registrationConfig', () => {
  it("fills in the paper's values", () => {
    expect(registrationConfig({})).toEqual(PAPER_CONFIG);
    expect(registrationConfig({ steps: 1 })).toEqual({ ...PAPER_CONFIG, steps: 1 });
  });

  it.each([
    [{ spatialDims: 4 as 3 }, /spatialDims: expected 2 or 3, got 4; change spatialDims/],
    [{ spatialDims: 2 as const }, /size: expected \[1, H, W\]/],
    [{ size: [8, 8, 8] as const }, /more than 8 voxels/],
    [{ size: [8, 8, 8.5] as const }, /positive integers/],
    [{ channels: [8] }, /channels/],
    [{ strides: [2, 2] }, /5 strides/],
    [{ velocityScale: NaN }, /velocityScale/],
    [{ smoothing: { width: 6, strides: [2] } }, /odd width/],
    [{ integrationSteps: 0 }, /integrationSteps/],
    [{ integrateAt: 'nowhere' as 'grid' }, /integrateAt/],
    [{ similarity: 'mse' as 'l1' }, /similarity/],
    [{ regulariser: 'none' as 'bending' }, /regulariser/],
    [{ regularisation: -1 }, /regularisation/],
    [{ steps: 0 }, /steps/],
  ])('refuses %j', (options, message) => {
    expect(() => registrationConfig(options)).toThrow(message);
    expect(() => registrationConfig(options)).toThrow(RegistrationError);
  });
});
