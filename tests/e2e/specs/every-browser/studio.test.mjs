// Publishing from the browser: an upload that is interrupted twice goes on, the film is made, watched, changed and withdrawn. In
// every browser. A node behind a slow line stands in for slow networks, which WebDriver BiDi cannot emulate.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { agree, browserNames, kPatienceMs, launch, openPage, press, shownColour, textOf, video, waitForText } from '../../support/browser.mjs';
import { LyingNode } from '../../support/lying-node.mjs';
import { makeFilm, media, openWorld } from '../../support/program.mjs';

const kSmallBody = 100_000; // of the proxy with small bodies, in bytes
const kRussianInWindows1251 = Buffer.from('ddf2ee20f0f3f1f1eae8e520f1f3e1f2e8f2f0fb2e', 'hex'); // “Это русские субтитры.”
const kSlowMs = 1500; // for every piece of an upload on the slow line
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// A real film where the shared ones lie beside the repository, in one browser: its packaging takes a minute.
const kRealFilm = join(media, 'bbb_720p_h264_aac_120s.mp4');

let world, line;
before(async () => {
  world = await openWorld();
  line = await LyingNode.start(world.node);
});
after(async () => {
  await line.close();
  await world.close();
});

for (const name of browserNames) describe(name, () => publishing(name));

function publishing(name) {
  let browser;
  before(async () => void (browser = await launch(name)));
  beforeEach(() => void (line.lie = line.deaf = line.bar = () => undefined));
  after(() => browser.close());

  /** A page that has signed in over the line. */
  async function signIn() {
    const page = await openPage(browser, (await world.node.link()).replace(world.node.url, line.url));
    await page.waitForSelector('.titles');
    return page;
  }

  /** Lets so many pieces of an upload through; the answers to the others wait until the function that it gives is called. */
  function holdAfter(pieces) {
    let letGo;
    const held = new Promise((resolve) => (letGo = resolve));
    line.lie = async (_path, _body, request) => (request.method === 'PATCH' && pieces-- <= 0 ? void (await held) : undefined);
    return letGo;
  }

  async function dropFilm(page) {
    await page.goto(`${line.url}/studio/new`);
    await (await page.waitForSelector('.drop input')).uploadFile(name === 'chrome' && existsSync(kRealFilm) ? kRealFilm : world.film);
  }

  test(`${name}: drop, interrupt, go on, publish, watch, revise, withdraw`, async () => {
    const page = await signIn();
    const listed = await textOf(page, '.titles');
    for (const film of Object.keys(world.titles)) assert.match(listed, new RegExp(`Film ${film}\\b`)); // and what the browser before may have left

    // The node dies while the film is on its way; the upload waits and goes on.
    let letGo = holdAfter(1);
    await dropFilm(page);
    await uploadIs(page, 'running');
    await page.waitForFunction(() => document.querySelector('.upload progress').value > 0);
    await world.node.kill();
    letGo();
    await uploadIs(page, 'waiting');
    letGo = holdAfter(1);
    await world.node.start();
    await uploadIs(page, 'running');

    // The laptop closes: a fresh page, the same file, and it begins where it stopped.
    await page.waitForFunction(() => document.querySelector('.upload progress').value > 0);
    const sent = await page.$eval('.upload progress', (bar) => bar.value);
    await page.goto(`${line.url}/studio`);
    await waitForText(page, '.studio', 'Unfinished uploads');
    letGo();
    line.lie = () => undefined;
    const firstOffset = new Promise((resolve) => page.on('request', (request) => request.method() === 'PATCH' && resolve(Number(request.headers()['upload-offset']))));
    await dropFilm(page);
    assert.ok((await firstOffset) >= sent && sent > 0, 'nothing is sent twice');

    await page.waitForSelector('input[name=name]');
    await page.$eval('input[name=name]', (field) => field.select());
    await page.type('input[name=name]', 'From the browser');
    await page.type('textarea[name=summary]', 'A film that came through the studio.');
    await (await page.$('.file-button input')).uploadFile(world.captions);
    await press(page, '.preset:has(input[value=own])');
    await (await page.waitForSelector('.poster-picture input')).uploadFile(world.picture);
    await page.waitForSelector('.poster-choice img');
    await press(page, '.preset:has(input[value=goodwill])');
    await page.$eval('.minutes input', (field) => (field.value = ''));
    await page.type('.minutes input', '30');
    await waitForText(page, '.check', 'This film can be published');
    await waitForText(page, '.check', 'English'); // once the captions are there too
    assert.match(await textOf(page, '.check'), /720p[\s\S]*English/, 'what will be made is told before');
    await waitForText(page, '.plain-words', 'Everybody may watch the film up to 0:30.');
    assert.match(await textOf(page, '.plain-words'), /Whoever agrees to “I will tell a friend about this film\.” may watch the whole film\. An unlock lasts 7 days\./);
    await press(page, 'button[type=submit]');
    await page.waitForSelector('.job progress');
    await page.waitForSelector('.published', { timeout: 3 * kPatienceMs });
    const address = await textOf(page, '.published-link');

    const viewer = await openPage(browser, address);
    await viewer.waitForFunction(() => document.querySelector('.poster img')?.complete);
    assert.equal(await shownColour(viewer, '.poster img'), 'red', 'the poster is the creator\'s own');
    await press(viewer, '[data-testid=play]');
    await video.playing(viewer);
    await video.seek(viewer, 45);
    await press(viewer, '[data-testid=locked] .way[data-path=goodwill] .button');
    await agree(viewer, '[data-testid=locked]');
    await video.playing(viewer, 45);

    const id = address.split('/').at(-1);
    await page.bringToFront(); // what waits for a frame waits for ever in a tab behind another
    await page.goto(`${line.url}/studio/edit/${id}`);
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
    await viewer.bringToFront();
    await viewer.goto(address);
    await waitForText(viewer, 'main', 'not here');
    assert.equal(page.problems.filter((text) => !/ERR_CONNECTION_REFUSED|Failed to load resource/.test(text)).join(), '');
  });

  test(`${name}: an upload whose connection dies without a word goes on over another`, async () => {
    const page = await signIn();
    let dead = 0;
    line.deaf = (request) => request.method === 'PATCH' && dead++ === 0;
    await dropFilm(page);
    await uploadIs(page, 'waiting');
    await uploadIs(page, 'done');
    assert.equal(page.problems.filter((text) => !/409/.test(text)).join(), '');
  });

  test(`${name}: an upload goes on where it stands, whatever the node says in between`, async () => {
    const page = await signIn();
    const begun = [];
    const trouble = [['PATCH', 401, 'replayed_proof'], ['HEAD', 503, 'database_busy'], ['PATCH', 409, 'upload_busy'], ['HEAD', 429, 'too_many_requests'], ['PATCH', 409, 'upload_offset_mismatch']];
    line.lie = (_path, _body, request) => {
      if (request.method === 'POST' && request.url === '/v1/uploads') begun.push(request.url);
      if (request.method !== trouble[0]?.[0]) return undefined;
      const [, status, reason] = trouble.shift();
      return { status, body: { type: `/problems/${reason}`, detail: reason } };
    };
    await dropFilm(page);
    await uploadIs(page, 'done');
    assert.deepEqual([trouble.length, begun.length], [0, 1], 'all of it happened, and nothing was begun anew');
  });

  test(`${name}: an upload through a proxy that takes small bodies only sends smaller chunks`, async () => {
    const page = await signIn();
    const sizes = [];
    line.bar = (request) => {
      const size = Number(request.headers['content-length'] ?? 0);
      if (request.method === 'PATCH') sizes.push(size);
      return size > kSmallBody ? { status: 413, body: '<h1>413 Request Entity Too Large</h1>' } : undefined;
    };
    const file = join(world.folder, `${name}.mp4`);
    writeFileSync(file, randomBytes(1_500_000));
    await page.goto(`${line.url}/studio/new`);
    await (await page.waitForSelector('.drop input')).uploadFile(file);
    await uploadIs(page, 'done');
    const taken = sizes.filter((size) => size <= kSmallBody);
    assert.ok(sizes[0] > kSmallBody && sizes.length - taken.length < 8, `it finds the right size soon: ${sizes}`);
    assert.equal(taken.reduce((sum, size) => sum + size, 0), 1_500_000, 'nothing is sent twice');
    // Where not even the smallest chunk gets through, it says so.
    line.bar = (request) => (request.method === 'PATCH' ? { status: 413, body: '' } : undefined);
    writeFileSync(file, randomBytes(700_000));
    await page.goto(`${line.url}/studio/new`);
    await (await page.waitForSelector('.drop input')).uploadFile(file);
    await uploadIs(page, 'failed');
    await waitForText(page, '.upload .inline-failure', 'between');
    line.bar = () => undefined;
    await press(page, '.upload .button-main');
    await uploadIs(page, 'done');
    assert.equal(page.problems.filter((text) => !/413|409/.test(text)).join(), ''); // 409: the node cannot say yet what it is
  });

  test(`${name}: a file that is no film is refused in words before anything is made of it`, async () => {
    const page = await signIn();
    await page.goto(`${line.url}/studio/new`);
    await (await page.waitForSelector('.drop input')).uploadFile(new URL(import.meta.url).pathname);
    await page.waitForSelector('.check .inline-failure[data-reason=not_media]');
    assert.match(await textOf(page, '.check'), /cannot be published[\s\S]*not a film/);
    assert.ok(await page.$eval('.publish-form [type=submit]', (button) => button.disabled), 'there is nothing to wait for');
  });

  test(`${name}: what publishing would say is told while the film still arrives, and again of the whole`, async () => {
    const page = await signIn();
    const asked = [];
    line.lie = async (path, body, request, status) => {
      if (request.method === 'PATCH') await pause(kSlowMs);
      if (path !== '/v1/media/check') return undefined;
      asked.push(status);
      const said = JSON.parse(body);
      if (asked.length === 1) return { status: 409, body: { type: '/problems/upload_incomplete', detail: 'Not yet.' } };
      return said.so_far ? { status: 200, body: { ...said, notes: ['The second picture is left out.'] } } : { status: 200, body: { ...said, can_be_published: false, refusals: [{ reason: 'no_video', detail: 'There is no picture.' }] } };
    };
    await dropFilm(page);
    await waitForText(page, '.check', 'The second picture is left out.');
    assert.match(await textOf(page, '.check'), /can be published[\s\S]*so far/);
    assert.equal(await page.$eval('.upload', (bar) => bar.dataset.state), 'running', 'the film is still on its way');
    await page.waitForSelector('.check[data-ok=false] .inline-failure[data-reason=no_video]');
    assert.ok(await page.$eval('.publish-form [type=submit]', (button) => button.disabled));
    assert.ok(asked.length <= 5, `it is not asked at every chunk: ${asked.length} times`);
  });

  test(`${name}: a preview never gives a short film away unsaid`, async () => {
    const page = await signIn();
    const { file } = makeFilm(world.folder, { seconds: 6, size: '320x180', name: `short-${name}` });
    await page.goto(`${line.url}/studio/new`);
    await (await page.waitForSelector('.drop input')).uploadFile(file);
    await waitForText(page, '.plain-words', 'Everybody may watch the film up to 0:01.');
    const write = async (length) => {
      await page.$eval('.minutes input', (field) => field.select());
      await page.type('.minutes input', String(length));
    };
    assert.equal(await page.$('.gives-all'), null);
    await write(120);
    await waitForText(page, '.gives-all', 'The film is 0:06 long: its free part opens all of it');
    await waitForText(page, '.plain-words', 'Everybody may watch the whole film.');
    const posted = [];
    page.on('request', (request) => request.method() === 'POST' && request.url().endsWith('/v1/media') && name === 'chrome' && posted.push(JSON.parse(request.postData())));
    await uploadIs(page, 'done');
    await press(page, '.publish-form [type=submit]');
    assert.ok(await page.$eval('.gives-all [type=checkbox]', (box) => box.validity.valueMissing), 'it is not sent without a word');
    await press(page, '.gives-all .button');
    await page.waitForFunction(() => !document.querySelector('.gives-all'));
    assert.equal(await page.$eval('.minutes input', (field) => field.value), '1');
    await write(6);
    await press(page, '.gives-all [type=checkbox]');
    // Captions that are not Unicode: the creator may say what they are, and hears what would be assumed.
    const captions = join(world.folder, `${name}.ru.srt`);
    writeFileSync(captions, Buffer.concat([Buffer.from('1\n00:00:00,500 --> 00:00:02,000\n'), kRussianInWindows1251, Buffer.from('\n')]));
    await (await page.$('.file-button input')).uploadFile(captions);
    await page.waitForSelector('.caption select[aria-label^="Character encoding"]');
    await waitForText(page, '.check .notes', 'WINDOWS-1251');
    await page.select('.caption select[aria-label^="Character encoding"]', 'windows-1251');
    await page.waitForFunction(() => !document.querySelector('.check .notes'));
    await press(page, '.publish-form [type=submit]');
    await page.waitForSelector('.published', { timeout: 3 * kPatienceMs });
    const given = (await textOf(page, '.published-link')).split('/').at(-1);
    const { title } = await (await fetch(`${world.node.url}/v1/titles/${given}`)).json();
    assert.deepEqual(title.policy.paths[0].grants, { seconds: [0, 6] }, 'who says so may give it away');
    if (name === 'chrome') { // Firefox does not tell its driver what is posted
      assert.equal(posted.length, 1);
      assert.deepEqual(posted[0].captions.map(({ language, encoding }) => [language, encoding]), [['ru', 'windows-1251']]);
    }
    await waitForText(page, '.published', 'opens the whole film');

    // The same mistake in the terms of a film that is published already.
    await page.goto(`${line.url}/studio/edit/${world.titles.mixed}`);
    await press(page, '.plain-words .button');
    await press(page, '.terms > .actions .quiet'); // as JSON
    await page.$eval('textarea.code', (field) => field.select());
    await page.type('textarea.code', JSON.stringify({ version: 1, paths: [{ id: 'a', grants: { seconds: [0, 60] } }, { id: 'b', requires: { requirement: 'goodwill_ack', params: { text: 'Yes' } } }] }));
    await waitForText(page, '.gives-all', 'The film is 1:00 long');
  });

  test(`${name}: a stranger gets nothing of the studio`, async () => {
    const page = await openPage(browser, `${world.node.url}/studio`);
    await page.waitForSelector('.sign-in');
    for (const [method, path] of [['GET', '/v1/studio/titles'], ['GET', '/v1/media'], ['POST', '/v1/uploads'], ['DELETE', `/v1/titles/${world.titles.open}`]]) {
      const { status } = await fetch(world.node.url + path, { method, headers: { 'Upload-Length': '5' } });
      assert.ok(status === 401 || status === 403, `${method} ${path} answered ${status}`);
    }
  });
}

/** Waits until the upload is in a state; what it says instead is part of the failure. */
const uploadIs = (page, state) =>
  page.waitForSelector(`.upload[data-state=${state}]`).catch(async (cause) => {
    const found = await page.$$eval('.upload, .publish-form, .failure', (all) => all.map((e) => `${e.className} ${e.dataset.state ?? ''}: ${e.innerText}`).join('\n'));
    throw new Error(`The upload is not ${state}, but the page says: ${found}\n${page.problems.join('\n')}`, { cause });
  });
