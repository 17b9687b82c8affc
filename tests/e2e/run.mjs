// Runs the browser tests against the real program ($SWARMA, default build/swarma): films are published once, and every spec has a
// node of its own on a copy of them. The folder of a spec says how it runs:
//   specs/every-browser/  once in each browser     specs/chromium/  in Chromium     specs/alone/  in Chromium, with nothing beside it
// All but the last run side by side, $E2E_WORKERS at a time.
//   node tests/e2e/run.mjs [SPEC…]      BROWSERS=chrome   E2E_LONG=1 (ten minutes of playback)
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { browserNames } from './support/browser.mjs';
import { makeTemplate } from './support/program.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'swarma-e2e-'));
const wanted = process.argv.slice(2);

// Much of a spec is waiting, so there is one more at work than there are cores; but every one has a browser in memory.
const kWorkers = Number(process.env.E2E_WORKERS ?? Math.min(availableParallelism() + 1, 6));
// The longest begin first, so that none is left over at the end; the others follow.
const kLongestFirst = ['studio', 'watch', 'refusals', 'access'];

/** The runs of a folder's specs: {name, file, browser}. */
function runsOf(kind, browsers) {
  const specs = readdirSync(join(here, 'specs', kind)).filter((file) => file.endsWith('.test.mjs') && (wanted.length === 0 || wanted.some((word) => file.includes(word))));
  const place = (file) => (kLongestFirst.indexOf(file.replace('.test.mjs', '')) + kLongestFirst.length + 1) % (kLongestFirst.length + 1);
  return specs.sort((a, b) => place(a) - place(b)).flatMap((file) => browsers.map((browser) => ({ name: `${file.replace('.test.mjs', '')} (${browser})`, file: join(here, 'specs', kind, file), browser })));
}

/** One spec in a process of its own. What it says is told when it has ended, whole. */
async function run({ name, file, browser }) {
  const began = Date.now();
  const said = [];
  const reporter = process.stdout.isTTY ? 'spec' : 'tap';
  const child = spawn(process.execPath, ['--test', `--test-reporter=${reporter}`, file], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, E2E_FOLDER: folder, BROWSERS: browser } });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => said.push(piece));
  const status = await new Promise((resolve) => child.once('close', resolve));
  process.stdout.write(Buffer.concat(said));
  console.log(`== ${name}: ${status === 0 ? 'passed' : 'FAILED'} in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  return status === 0;
}

async function runAll(runs, workers) {
  const left = [...runs];
  const results = [];
  const work = async () => {
    while (left.length > 0) results.push(await run(left.shift()));
  };
  await Promise.all(Array.from({ length: workers }, work));
  return results;
}

const beside = [...runsOf('every-browser', browserNames), ...runsOf('chromium', ['chrome'])];
const alone = runsOf('alone', ['chrome']);
try {
  await makeTemplate(folder);
  const results = [...(await runAll(beside, kWorkers)), ...(await runAll(alone, 1))];
  if (results.length === 0) console.log(`There is no spec of that name: ${wanted.join(' ')}`);
  process.exitCode = results.length > 0 && results.every(Boolean) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
