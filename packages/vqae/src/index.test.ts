import { expect, it } from 'vitest';
import * as api from './index';

it('exports these names', () => {
  expect(Object.keys(api).sort()).toEqual([
    'VqAutoencoder',
    'VqaeError',
    'VqaeTraining',
    'cellSize',
    'inSlabs',
    'paperVqae',
  ]);
});
