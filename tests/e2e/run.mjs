// Runs the browser tests against the real program ($SWARMA, default build/swarma): prepares films once, then every file of specs/.
//   node tests/e2e/run.mjs [SPEC…]      BROWSERS=chrome   E2E_LONG=1 (ten minutes of playback)
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeTemplate } from './support/program.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'swarma-e2e-'));
const wanted = process.argv.slice(2);
const specs = readdirSync(join(here, 'specs')).filter((name) => name.endsWith('.test.mjs') && (wanted.length === 0 || wanted.some((word) => name.includes(word))));
let status = 1;
try {
  await makeTemplate(folder);
  const args = ['--test', '--test-concurrency=1', ...specs.map((name) => join(here, 'specs', name))];
  status = spawnSync(process.execPath, args, { stdio: 'inherit', env: { ...process.env, E2E_FOLDER: folder } }).status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = status;
