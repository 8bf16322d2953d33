// Speed of the kernels and of whole training steps: `npm run bench -- --help`.
import { startEngine } from './engine.mjs';
import { HELP, parseOptions } from './options.mjs';
import { printProfile } from './profile.mjs';

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) return console.log(HELP);
  const engine = await startEngine();
  return printProfile(engine, options.profile, options);
}

await main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
