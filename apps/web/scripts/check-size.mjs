// Holds the page to its size: everything but the models, gzipped as a server would send it, is to stay below 3 MB, and the
// models below 10 MB. Run by `npm run build`.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const DIST = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist');
const LIMITS = { page: 3e6, models: 10e6 };

const sizes = { page: 0, models: 0 };
const rows = [];
for (const path of readdirSync(DIST, { recursive: true })) {
  const file = join(DIST, path);
  if (!statSync(file).isFile()) continue;
  const bytes = readFileSync(file);
  const isModel = path.startsWith('models');
  const size = isModel ? bytes.length : gzipSync(bytes).length;
  sizes[isModel ? 'models' : 'page'] += size;
  rows.push([size, path]);
}
const kilobytes = (bytes) => `${Math.round(bytes / 1000)} kB`;
for (const [size, path] of rows.sort((a, b) => b[0] - a[0]).slice(0, 8))
  console.log(`${kilobytes(size).padStart(8)}  ${path}`);
for (const [what, size] of Object.entries(sizes)) {
  console.log(`${what}: ${kilobytes(size)} of ${kilobytes(LIMITS[what])}${what === 'page' ? ', gzipped' : ''}`);
  if (size > LIMITS[what]) {
    console.error(`${what}: expected at most ${kilobytes(LIMITS[what])}, got ${kilobytes(size)}; leave something out`);
    process.exitCode = 1;
  }
}
