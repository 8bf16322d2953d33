// The page: what came out of the tests is left in `window`.
import { runAll } from './tests.mjs';

window.results = await runAll((line) => console.log(line));
