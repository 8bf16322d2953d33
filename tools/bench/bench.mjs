// Speed of the kernels and of whole training steps: `npm run bench -- --help`.
import { startEngine } from './engine.mjs';
import { kernelCases } from './kernels/cases.mjs';
import { measureKernel } from './kernels.mjs';
import { HELP, filterOf, parseOptions } from './options.mjs';
import { printProfile } from './profile.mjs';
import { kernelTable } from './results.mjs';
import { startTorch } from './torch.mjs';

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) return console.log(HELP);
  const engine = await startEngine();
  if (options.profile) return printProfile(engine, options.profile, options);
  const torch = options.torch ? await startTorch(options.python) : undefined;
  if (options.torch && !torch) console.log(`${options.python} has no PyTorch: left out.`);
  try {
    const rows = [];
    for (const one of kernelCases(engine).filter(filterOf(options.only))) {
      const chosen = options.stock ? one : { ...one, stock: null };
      rows.push(await measureKernel(engine, torch, chosen, options));
      process.stderr.write(`${rows.length} ${one.name} ${one.what}\n`);
    }
    console.log(kernelTable(rows));
  } finally {
    torch?.stop();
  }
}

await main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
