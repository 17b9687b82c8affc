// After vite: a .br and a .gz beside every text file of dist, so that the node compresses nothing while it serves. Same input,
// same bytes: no timestamps (Node's gzip writes none), fixed levels.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const kText = /\.(html|js|css|svg|json|webmanifest)$/;
const kWorthwhile = 1024;

function* walk(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* walk(path);
    else yield path;
  }
}

for (const path of walk(new URL('../dist', import.meta.url).pathname)) {
  if (!kText.test(path)) continue;
  const bytes = readFileSync(path);
  if (bytes.length < kWorthwhile) continue;
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  writeFileSync(
    `${path}.br`,
    brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
  );
}
