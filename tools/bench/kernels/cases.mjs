import { convolutions } from './convolution.mjs';
import { matrices } from './matrices.mjs';
import { rows } from './rows.mjs';
import { sampling } from './sampling.mjs';

/** Every kernel at the shapes of the presets. */
export const kernelCases = (engine) => [convolutions, sampling, rows, matrices].flatMap((cases) => cases(engine));
