// Steps that ask a person or the machine: a question in plain words, a puzzle that fills memory, an advert.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertAccessible } from '../../support/accessible.mjs';
import { launch, openPage, press, textOf, video, waitForText } from '../../support/browser.mjs';
import { makeFilm, openWorld, publish } from '../../support/program.mjs';

const way = (id, requirement, params) => ({ id, requires: { requirement, params } });

let world, browser, film;
before(async () => {
  world = await openWorld();
  const { file } = makeFilm(world.folder, { seconds: 8, size: '320x180', name: 'steps' });
  const paths = [
    way('memory', 'puzzle_solve', { algorithm: 'argon2id', difficulty: 3, memory_kib: 8192, passes: 1 }),
    way('human', 'puzzle_solve', { algorithm: 'human' }),
    way('advert', 'watch_ad', { creative: world.titles.open, seconds: 12 }),
  ];
  film = (await publish(world.node, file, 'Film steps', { version: 1, paths })).title_id;
  browser = await launch();
});
after(async () => {
  await browser.close();
  await world.close();
});

async function choose(id, more = {}) {
  const page = await openPage(browser, `${world.node.url}/t/${film}`, { width: 390, ...more });
  await press(page, `.way[data-path=${id}] .button`);
  await press(page, '.step-body .button-main');
  return page;
}
const plays = async (page) => {
  await page.waitForSelector('media-controller');
  await video.playing(page);
};

/** What is asked, answered as a person would who reads English. */
function answer(question) {
  const kAnimals = ['horse', 'cat', 'dog', 'lion', 'fish', 'goat', 'bee', 'camel'];
  const kPlaces = ['first', 'second', 'third', 'fourth'];
  const kNumbers = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'];
  const [asked, listed = ''] = question.split(':');
  const words = listed.match(/\w+/g) ?? [];
  if (asked.includes('no animal')) return words.find((word) => !kAnimals.includes(word));
  if (asked.includes('these words')) return words[kPlaces.findIndex((name) => asked.includes(name))];
  const [a, b] = asked.match(/\w+/g).map((word) => kNumbers.indexOf(word)).filter((n) => n >= 0);
  return asked.includes('plus') ? String(a + b) : assert.fail(`Who could answer “${question}”?`);
}

test('a puzzle that fills memory is solved in a worker, and only its file may compile WebAssembly', async (t) => {
  const page = await choose('memory');
  t.after(() => page.close());
  await plays(page);
  const worker = page.requests.find((url) => /assets\/argon2-worker-/.test(url));
  const policyOf = async (url) => (await fetch(url)).headers.get('content-security-policy');
  assert.match(await policyOf(worker), /script-src 'self' 'wasm-unsafe-eval';/);
  assert.match(await policyOf(world.node.url), /script-src 'self';/);
  assert.deepEqual(page.problems, []);
});

test('a question is asked in words, a wrong answer says so, a right one opens the film', async (t) => {
  const page = await choose('human');
  t.after(() => page.close());
  await page.waitForSelector('.question');
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'INPUT', 'one can answer at once');
  await assertAccessible(page, 'question');
  await page.keyboard.type('of course');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.inline-failure[data-reason=wrong_answer]');
  // Another question, which may be the same by chance.
  const starts = () => page.requests.filter((url) => url.endsWith('/v1/actions/start')).length;
  const before = starts();
  await press(page, '.step-body .quiet');
  while (starts() === before) await new Promise((resolve) => setTimeout(resolve, 50));
  await page.waitForSelector('.question');
  const right = answer(await textOf(page, '.question'));
  await page.$eval('.step-body .field', (field) => field.select());
  await page.type('.step-body .field', right);
  await page.keyboard.press('Enter');
  await plays(page);
});

test('an advert counts while it plays, and what was watched stays watched', async (t) => {
  const page = await choose('advert');
  t.after(() => page.close());
  await waitForText(page, '.step-body', 'left');
  await assertAccessible(page, 'advert');
  await page.waitForFunction(() => document.querySelector('.step-body progress').value >= 4);
  await press(page, '.clip .button');
  await waitForText(page, '.step-body', 'counts while it plays');
  const { value } = await page.$eval('.step-body progress', (bar) => ({ value: bar.value }));
  await page.reload();
  await press(page, '.way[data-path=advert] .button');
  await waitForText(page, '.step-body', 'Go on with the advert');
  await press(page, '.step-body .button-main');
  await page.waitForSelector('.clip');
  assert.ok((await page.$eval('.step-body progress', (bar) => bar.value)) >= value);
  await plays(page);
  assert.equal(page.requests.filter((url) => url.endsWith('/v1/actions/start')).length, 1);
});
