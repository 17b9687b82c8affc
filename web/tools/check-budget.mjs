// The first load: what a browser fetches to show the catalog (index.html, its scripts and style, one language), compressed as
// the node sends it. Over the budget is an error. The player and the studio are chunks of their own and not in it.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const kBudgetBytes = 200_000;
const dist = new URL('../dist', import.meta.url).pathname;
const sizeOf = (file) =>
  statSync(existsSync(join(dist, `${file}.br`)) ? join(dist, `${file}.br`) : join(dist, file)).size;

const seen = new Set(['index.html']);
for (const file of seen) {
  const text = readFileSync(join(dist, file), 'utf8');
  const found = file.endsWith('.html')
    ? [...text.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)]
    : file.endsWith('.js')
      ? [...text.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)]
      : [];
  for (const [, name] of found) seen.add(name.startsWith('assets/') ? name : `assets/${name}`);
}
const files = [...seen];
const start = /needMessages\(([^)]*)\)/.exec(readFileSync(new URL('../src/main.tsx', import.meta.url), 'utf8'))[1];
for (const [, feature] of start.matchAll(/'(\w+)'/g)) {
  const words = readdirSync(join(dist, 'assets')).find(
    (name) => name.startsWith(`${feature}-en-`) && name.endsWith('.js'),
  );
  if (!words) throw new Error(`No words of ${feature} were found: has the shape of the build changed?`);
  files.push(`assets/${words}`);
}
if (files.some((file) => /player|studio/.test(file)))
  throw new Error('The player or the studio is part of the first load.');

const total = files.reduce((sum, file) => sum + sizeOf(file), 0);
for (const file of files) console.log(`${String(sizeOf(file)).padStart(8)}  ${file}`);
console.log(`${String(total).padStart(8)}  first load of at most ${kBudgetBytes} bytes`);
if (total > kBudgetBytes) process.exit(1);
