// Of the folder: the tests of @paired3d/ops on this machine's WebGPU.
import { runAll } from '../browser-tests/tests.mjs';

const results = await runAll((line) => console.log(line));
const failed = results.filter(({ error }) => error !== undefined);
for (const { name, error } of failed) console.error(`\nFAIL  ${name}\n${error}`);
console.log(`${results.length - failed.length} passed, ${failed.length} failed`);
process.exit(failed.length === 0 && results.length > 0 ? 0 : 1);
