// Publishing from the browser: an upload that is interrupted twice goes on, the film is made, watched, changed and withdrawn.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { agree, kPatienceMs, launch, openPage, press, textOf, video, waitForText } from '../support/browser.mjs';
import { openWorld } from '../support/program.mjs';

let world, browser;
before(async () => {
  world = await openWorld();
  browser = await launch();
});
after(async () => {
  await browser.close();
  await world.close();
});

/** Waits until the upload is in a state; what it says instead is part of the failure. */
const uploadIs = (page, state) =>
  page.waitForSelector(`.upload[data-state=${state}]`).catch(async (cause) => {
    const found = await page.$$eval('.upload, .publish-form, .failure', (all) => all.map((e) => `${e.className} ${e.dataset.state ?? ''}: ${e.innerText}`).join('\n'));
    throw new Error(`The upload is not ${state}, but the page says: ${found}\n${page.problems.join('\n')}`, { cause });
  });

test('drop, interrupt, go on, publish, watch, revise, withdraw', async () => {
  const page = await openPage(browser, await world.node.link());
  await page.waitForSelector('.titles');
  assert.equal((await page.$$('.titles tbody tr')).length, 4);

  // The node dies while the film is on its way; the upload waits and goes on.
  await page.goto(`${world.node.url}/studio/new`);
  await page.waitForSelector('.drop input');
  await page.emulateNetworkConditions({ offline: false, latency: 0, upload: 1 << 19, download: 1 << 30 });
  await (await page.$('.drop input')).uploadFile(world.film);
  await uploadIs(page, 'running');
  await page.waitForFunction(() => document.querySelector('.upload progress').value > 0);
  await world.node.kill();
  await uploadIs(page, 'waiting');
  await world.node.start();
  await uploadIs(page, 'running');

  // The laptop closes: a fresh page, the same file, and it begins where it stopped.
  await page.waitForFunction(() => document.querySelector('.upload progress').value > 0);
  const sent = await page.$eval('.upload progress', (bar) => bar.value);
  await page.goto(`${world.node.url}/studio`);
  await waitForText(page, '.studio', 'Unfinished uploads');
  await page.goto(`${world.node.url}/studio/new`);
  await page.emulateNetworkConditions(null);
  const firstOffset = new Promise((resolve) => page.on('request', (request) => request.method() === 'PATCH' && resolve(Number(request.headers()['upload-offset']))));
  await (await page.waitForSelector('.drop input')).uploadFile(world.film);
  assert.ok((await firstOffset) >= sent && sent > 0, 'nothing is sent twice');

  await page.waitForSelector('input[name=name]');
  await page.$eval('input[name=name]', (field) => field.select());
  await page.type('input[name=name]', 'From the browser');
  await page.type('textarea[name=summary]', 'A film that came through the studio.');
  await (await page.$('.file-button input')).uploadFile(world.captions);
  await press(page, '.preset:has(input[value=goodwill])');
  await page.$eval('.minutes input', (field) => (field.value = ''));
  await page.type('.minutes input', '0.5');
  await waitForText(page, '.plain-words', 'Everybody may watch the film up to 0:30.');
  assert.match(await textOf(page, '.plain-words'), /Whoever agrees to “I will tell a friend about this film\.” may watch the whole film\. An unlock lasts 7 days\./);
  await press(page, 'button[type=submit]');
  await page.waitForSelector('.job progress');
  await page.waitForSelector('.published', { timeout: 3 * kPatienceMs });
  const address = await textOf(page, '.published-link');

  const viewer = await openPage(browser, address);
  await press(viewer, '[data-testid=play]');
  await video.playing(viewer);
  await video.seek(viewer, 45);
  await press(viewer, '[data-testid=locked] .way[data-path=goodwill] .button');
  await agree(viewer, '[data-testid=locked]');
  await video.playing(viewer, 45);

  const id = address.split('/').at(-1);
  await page.goto(`${world.node.url}/studio/edit/${id}`);
  await page.waitForSelector('input[name=name]');
  await page.$eval('input[name=name]', (field) => field.select());
  await page.type('input[name=name]', 'Another name');
  await press(page, '.publish-form [type=submit]');
  await waitForText(page, '.titles', 'Another name');
  await waitForText(page, '.titles', 'revision 2');
  assert.match(await textOf(page, '.titles tbody tr:has([href*="' + id + '"]) .number'), /\b1$/, 'the unlock is counted, the preview is not');

  await press(page, `[popovertarget="actions-${id}"]`);
  await press(page, `#actions-${id} .bad`);
  await press(page, 'dialog[open] .button-bad');
  await page.waitForFunction((gone) => !document.querySelector(`.titles [href*="${gone}"]`), {}, id);
  await viewer.goto(address);
  await waitForText(viewer, 'main', 'not here');
  assert.equal(page.problems.filter((text) => !/ERR_CONNECTION_REFUSED|Failed to load resource/.test(text)).join(), '');
});

test('a file that is no film is refused in words, and nothing is visible', async () => {
  const page = await openPage(browser, await world.node.link());
  await page.waitForSelector('.titles');
  await page.goto(`${world.node.url}/studio/new`);
  await (await page.waitForSelector('.drop input')).uploadFile(new URL(import.meta.url).pathname);
  await page.waitForSelector('.publish-form');
  await press(page, 'button[type=submit]');
  await page.waitForSelector('.failure[data-reason=not_media]');
  assert.match(await textOf(page, '.failure'), /not a film/);
});

test('a stranger gets nothing of the studio', async () => {
  const page = await openPage(browser, `${world.node.url}/studio`);
  await page.waitForSelector('.sign-in');
  for (const [method, path] of [['GET', '/v1/studio/titles'], ['GET', '/v1/media'], ['POST', '/v1/uploads'], ['DELETE', `/v1/titles/${world.titles.open}`]]) {
    const { status } = await fetch(world.node.url + path, { method, headers: { 'Upload-Length': '5' } });
    assert.ok(status === 401 || status === 403, `${method} ${path} answered ${status}`);
  }
});
