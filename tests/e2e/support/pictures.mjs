// Pictures of pages that are the same on every run, and their comparison with the references kept in tests/e2e/pictures/.
//
// A reference is the page at a fifth of its size. Two pictures are compared in blocks of 20 × 20 CSS pixels: antialiasing and a
// release of a font change every block a little, a missing panel or a shifted line changes some blocks a lot.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const kFolder = fileURLToPath(new URL('../pictures/', import.meta.url));
const kScale = 5; // CSS pixels to one pixel of a reference
const kBlock = 4; // pixels of a reference to the side of a block
const kBlockDiffers = 14; // mean difference of a block's channels, of 255, from which on it counts
const kToleratedBlocks = 0.002; // share of blocks that may differ
const kUpdate = process.env.UPDATE === '1';
const kShots = process.env.PICTURES; // a folder: every picture is kept there in full, to be looked at

const kDevices = { phone: [390, 844], tablet: [820, 1180], desktop: [1280, 800] };

/** Every state in three looks: one a device; within eight states every combination of theme and direction occurs on each. */
export function looksOf(place) {
  const theme = (bit) => (bit & 1 ? 'dark' : 'light');
  const language = (bit) => (bit & 1 ? 'ar' : 'en');
  return [
    { device: 'phone', theme: theme(place), language: language(place >> 1) },
    { device: 'tablet', theme: theme(place + 1), language: language((place >> 1) + 1) },
    { device: 'desktop', theme: theme(place >> 2), language: language(place >> 1) },
  ];
}

export const nameOf = (state, { device, theme, language }) => `${state}.${device}-${theme}-${language === 'ar' ? 'rtl' : 'ltr'}`;

/** Run before the page's own scripts: dates stand still, and the language of a picture taken before is forgotten. */
export function holdStill() {
  const { format } = Object.getOwnPropertyDescriptors(Intl.DateTimeFormat.prototype);
  Object.defineProperty(Intl.DateTimeFormat.prototype, 'format', { ...format, get() { return () => format.get.call(this)(new Date(2027, 0, 2, 13, 45)); } });
  if (window.origin !== 'null') localStorage.removeItem('swarma.language');
}

const kSteady = `
  :root { --font: 'Noto Sans', 'Noto Sans Arabic', sans-serif !important; --font-mono: 'Noto Sans', sans-serif !important; }
  *, ::before, ::after { animation: none !important; transition: none !important; caret-color: transparent !important; }
  video, .seek-preview canvas { visibility: hidden !important; }
  media-controller { --media-time-range-buffered-color: transparent !important; }
  progress::-webkit-progress-value { transition: none !important; }
  .announcer { display: none !important; }
  .did, .stats dd, .numbers, .record, .published-link, [data-fixed] { color: transparent !important; }
`;

/** Puts a page into a look and makes it hold still: language, theme, size, and no text that differs from run to run. */
export async function pose(page, { device, theme, language }) {
  const [width, height] = kDevices[device];
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
  await page.evaluate((style, wanted) => {
    if (!document.adoptedStyleSheets.some((sheet) => sheet.steady)) {
      const sheet = Object.assign(new CSSStyleSheet(), { steady: true });
      sheet.replaceSync(style);
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    }
    // What hangs at a button finds its place anew.
    const button = document.querySelector(`[popovertarget="${document.querySelector(':popover-open')?.id}"]`);
    for (let i = 0; i < 2; i++) button?.click();
    if (document.documentElement.lang !== wanted) document.querySelector(`#display-menu input[name=language][value=${wanted}]`).click();
  }, kSteady, language);
  await page.waitForFunction((wanted) => document.documentElement.lang === wanted, {}, language);
  await page.evaluate(async () => {
    window.scrollTo(0, 0);
    await document.fonts.ready;
    for (const image of document.images) image.loading = 'eager';
    await Promise.all([...document.images].map((image) => image.decode().catch(() => undefined))); // a poster that is missing shows its stand-in
    for (const bar of document.querySelectorAll('progress')) bar.value = bar.max * 0.4;
    for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
  });
}

/** What is on the screen, or the whole page where it is longer than the screen. */
export async function picture(page, onlyScreen) {
  const isLonger = await page.evaluate(() => document.documentElement.scrollHeight > window.innerHeight);
  return Buffer.from(await page.screenshot({ fullPage: isLonger && !onlyScreen }));
}

/** Compares `png` with the reference of that name, or renews it; answers what differs, or nothing. `page` is any page. */
export async function compare(page, name, png) {
  const file = join(kFolder, `${name}.webp`);
  if (kShots) keep(name, png);
  if (kUpdate) {
    mkdirSync(kFolder, { recursive: true });
    writeFileSync(file, Buffer.from(await page.evaluate(toReference, png.toString('base64'), kScale), 'base64'));
    return undefined;
  }
  if (!existsSync(file)) return keep(name, png, 'there is no reference');
  const now = await page.evaluate(toReference, png.toString('base64'), kScale); // what the encoder does to a picture, it does to both
  const difference = await page.evaluate(findDifference, now, readFileSync(file).toString('base64'), { scale: kScale, block: kBlock, differs: kBlockDiffers, tolerated: kToleratedBlocks });
  return difference && keep(name, png, difference);
}

function keep(name, png, what) {
  const folder = kShots ?? join(tmpdir(), 'swarma-pictures');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.png`), png);
  return `${name}: ${what}; see ${join(folder, `${name}.png`)}`;
}

/** References without a state are taken away by an update and are an error otherwise. */
export function strayReferences(names) {
  const stray = (existsSync(kFolder) ? readdirSync(kFolder) : []).filter((file) => !names.has(file.replace(/\.webp$/, '')));
  if (kUpdate) for (const file of stray) rmSync(join(kFolder, file));
  return kUpdate ? [] : stray;
}

/* What follows runs in a page: it has the decoders and the encoder. */

async function toReference(png, scale) {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const canvas = new OffscreenCanvas(Math.round(image.width / scale), Math.round(image.height / scale));
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp', quality: 0.85 })).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

async function findDifference(picture, reference, { scale, block, differs, tolerated }) {
  const read = async (data) => createImageBitmap(await (await fetch(`data:image/webp;base64,${data}`)).blob());
  const [now, before] = [await read(picture), await read(reference)];
  const { width, height } = before;
  if (now.width !== width || Math.abs(now.height - height) > 4) return `it is ${now.width * scale} × ${now.height * scale} in place of ${width * scale} × ${height * scale}`;
  const pixels = (image) => {
    const context = new OffscreenCanvas(width, height).getContext('2d');
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, width, height).data;
  };
  const [a, b] = [pixels(now), pixels(before)];
  const found = [];
  const rows = Math.floor(Math.min(height, now.height) / block);
  const columns = Math.floor(width / block);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let y = row * block; y < (row + 1) * block; y++) {
        for (let x = column * block; x < (column + 1) * block; x++) {
          const at = (y * width + x) * 4;
          for (let channel = 0; channel < 3; channel++) sum += Math.abs(a[at + channel] - b[at + channel]);
        }
      }
      if (sum / (block * block * 3) > differs) found.push([column, row]);
    }
  }
  if (found.length <= Math.max(2, tolerated * rows * columns)) return undefined;
  const side = block * scale;
  const [left, top] = [0, 1].map((axis) => Math.min(...found.map((place) => place[axis])) * side);
  const [right, bottom] = [0, 1].map((axis) => (Math.max(...found.map((place) => place[axis])) + 1) * side);
  return `${found.length} of ${rows * columns} blocks differ, between ${left},${top} and ${right},${bottom}`;
}
