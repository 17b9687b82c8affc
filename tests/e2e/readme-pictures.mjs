// Takes the pictures of the README from the real program ($SWARMA) with the real films of $SWARMA_MEDIA.
//   node tests/e2e/readme-pictures.mjs      writes docs/guide/images/*.webp; look at them before they are committed
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { agree, launch, openPage, press, video } from './support/browser.mjs';
import { media, Node, publish } from './support/program.mjs';

const target = fileURLToPath(new URL('../../docs/guide/images/', import.meta.url));
const minutes = (n) => 60 * n;
const promise = { requirement: 'goodwill_ack', params: { text: 'I will tell a friend about this film.' } };
const puzzle = { requirement: 'puzzle_solve', params: { algorithm: 'sha256', difficulty: 20 } };

const kFilms = [
  ['flower_540p_h264_aac.mp4', 'Flower', 'open', '--ladder', 'copy', '--summary', 'A camera clip of five seconds.', '--tag', 'nature', '--poster-at', '2'],
  ['bbb_720p_vp8_vorbis_30s.webm', 'Big Buck Bunny: the opening', 'code:CARROT', '--ladder', '360', '--summary', 'A meadow in the morning.', '--tag', 'animation', '--tag', 'short', '--poster-at', '27'],
  ['nasa_13013_two_video_two_audio_two_sub.mp4', 'At the telescope', 'open', '--ladder', 'copy', '--summary', 'A look into the clean room.', '--tag', 'space', '--poster-at', '7'],
  ['extras/bbb_576i_mpeg2_ac3_interlaced.ts', 'Big Buck Bunny: the butterfly', 'puzzle', '--ladder', '360', '--summary', 'What the bullies did.', '--tag', 'animation', '--poster-at', '1'],
  ['sintel_trailer_720p_multitrack.mkv', 'Sintel', 'goodwill', '--ladder', 'copy', '--summary', 'A girl looks for the dragon she once saved.', '--tag', 'animation', '--tag', 'fantasy', '--poster-at', '31.5'],
  ['bbb_720p_h264_aac_120s.mp4', 'Big Buck Bunny', {
    version: 1,
    paths: [
      { id: 'preview', grants: { seconds: [0, 30], key_groups: ['sd'] } },
      { id: 'goodwill', label: 'With a promise', requires: promise, grants: { unlock_s: minutes(60 * 24) } },
      { id: 'puzzle', label: 'With a puzzle', requires: puzzle, grants: { unlock_s: minutes(60 * 24 * 7) } },
    ],
  }, '--summary', 'A large rabbit wakes up in a good mood. Three small bullies see to it that it does not last.', '--tag', 'animation', '--tag', 'short', '--poster-at', '38'],
];

const theme = (value) => ({ width: 1280, height: 800, features: [{ name: 'prefers-color-scheme', value }] });
const still = () => new Promise((resolve) => setTimeout(resolve, 1500)); // posters decoded, transitions over
async function take(page, name) {
  await still();
  await page.screenshot({ path: join(target, `${name}.webp`), type: 'webp', quality: 80 });
}

async function catalog(browser, node) {
  const page = await openPage(browser, `${node.url}/`, theme('light'));
  await page.waitForSelector('.card:not(.skeleton) img');
  await take(page, 'catalog');
}

async function title(browser, node, id) {
  const page = await openPage(browser, `${node.url}/t/${id}`, theme('light'));
  await page.waitForSelector('.way');
  await page.$eval('.title-page h1, h1', (heading) => window.scrollTo(0, heading.getBoundingClientRect().top - 40));
  await take(page, 'title');
}

async function player(browser, node, id) {
  const page = await openPage(browser, `${node.url}/t/${id}`, theme('dark'));
  await press(page, '.way[data-path=goodwill] .button');
  await agree(page);
  await video.playing(page);
  await page.keyboard.press('i');
  await page.waitForSelector('.stats');
  await video.seek(page, 92);
  await page.waitForFunction(() => document.querySelector('video').videoHeight === 720);
  await video.playing(page, 92);
  await page.$eval('video', (v) => v.pause());
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.waitForFunction(() => document.querySelector('.announcer').dataset.shown !== 'true');
  await take(page, 'player');
}

const folder = mkdtempSync(join(tmpdir(), 'swarma-pictures-'));
mkdirSync(target, { recursive: true });
const node = await Node.start(join(folder, 'node'));
const browser = await launch();
try {
  let id;
  for (const [file, name, policy, ...more] of kFilms) ({ title_id: id } = await publish(node, join(media, file), name, policy, ...more));
  await catalog(browser, node);
  await title(browser, node, id);
  await player(browser, node, id);
} finally {
  await browser.close();
  await node.kill('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
}
