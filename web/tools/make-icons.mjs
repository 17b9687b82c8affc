// Renders public/icon.svg to the PNG sizes of the manifest with the rsvg-convert or chromium of this machine; run by hand after
// the icon has changed: node web/tools/make-icons.mjs
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = new URL('../public/', import.meta.url).pathname;
const svg = readFileSync(join(folder, 'icon.svg'), 'utf8');
const scratch = mkdtempSync(join(tmpdir(), 'icons-'));
for (const size of [192, 512]) {
  const page = join(scratch, `${size}.html`);
  writeFileSync(page, `<style>*{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`);
  execFileSync(
    'chromium',
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--hide-scrollbars',
      '--default-background-color=00000000',
      `--window-size=${size},${size}`,
      `--screenshot=${join(folder, `icon-${size}.png`)}`,
      `file://${page}`,
    ],
    { stdio: 'ignore' },
  );
}
rmSync(scratch, { recursive: true });
