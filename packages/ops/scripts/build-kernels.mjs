// Compiles assembly/ to WebAssembly twice (plain SIMD, and with fused multiply-add) and writes both binaries, as base64,
// to src/wasm/binaries.generated.ts: a module is the one form that Node and every bundler load without configuration.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const output = join(root, 'src/wasm/binaries.generated.ts');
const flags =
  '-O3 --noAssert --runtime stub --importMemory --noExportMemory --enable simd --initialMemory 1 --maximumMemory 65536';

/** The memory belongs to tfjs, so a data segment of ours would overwrite its heap. */
function rejectDataSegments(binary) {
  const DATA = 11;
  for (let at = 8; at < binary.length;) {
    const id = binary[at++];
    let size = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      size |= (binary[at] & 127) << shift;
      more = binary[at++] > 127;
    }
    if (id === DATA) throw new Error('build-kernels: expected no static data in assembly/, got a data segment');
    at += size;
  }
}

async function compile(extra) {
  const files = {};
  const args = ['assembly/index.ts', ...flags.split(' '), ...extra, '--baseDir', root, '-o', 'kernels.wasm'];
  const { error, stderr } = await asc.main(args, { writeFile: (name, contents) => (files[name] = contents) });
  if (error) throw new Error(`build-kernels: ${error.message}\n${stderr.toString()}`);
  rejectDataSegments(files['kernels.wasm']);
  return files['kernels.wasm'];
}

const sources = readdirSync(join(root, 'assembly'))
  .filter((name) => name.endsWith('.ts'))
  .sort()
  .map((name) => join(root, 'assembly', name));
const hash = createHash('sha256');
for (const path of [...sources, fileURLToPath(import.meta.url)]) hash.update(readFileSync(path));
const stamp = `// Made by scripts/build-kernels.mjs from assembly/; sources ${hash.digest('hex')}`;

if (!existsSync(output) || !readFileSync(output, 'utf8').startsWith(stamp)) {
  const plain = await compile([]);
  const relaxed = await compile(['--enable', 'relaxed-simd']);
  const line = (name, binary) => `export const ${name} = '${Buffer.from(binary).toString('base64')}';\n`;
  writeFileSync(output, `${stamp}\n${line('plainBinary', plain)}${line('relaxedBinary', relaxed)}`);
  console.log(`build-kernels: plain ${plain.length} bytes, relaxed ${relaxed.length} bytes`);
}
