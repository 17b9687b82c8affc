// What a page must not accept, each with its own sentence; and a node that goes away and comes back. In every browser.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { agree, browserNames, launch, openPage, press, textOf, video } from '../../support/browser.mjs';
import { LyingNode } from '../../support/lying-node.mjs';
import { openWorld } from '../../support/program.mjs';

let world, liar;
before(async () => {
  world = await openWorld();
  liar = await LyingNode.start(world.node);
});
after(async () => {
  await liar.close();
  await world.close();
});

const isSegment = (path) => /^\/[0-9a-f]{64}\.m4s$/.test(path);
const reasonShown = async (page) => (await page.waitForSelector('.failure'), page.$eval('.failure', (element) => element.dataset.reason));
const kUntruth = { title: 'forged' };
const kExpiringMs = 31_500; // a little more than an unlock of the title `expiring` lasts

for (const name of browserNames) describe(name, () => refusals(name));

function refusals(name) {
  let browser, expiring;
  const open = (title, lie) => ((liar.lie = lie ?? (() => undefined)), openPage(browser, liar.url + world.titlePath(title)));
  before(async () => {
    browser = await launch(name);
    expiring = await unlockExpiring(); // runs out while the other tests run
  });
  after(() => browser.close());

  async function unlockExpiring() {
    const page = await openPage(browser, world.node.url + world.titlePath('expiring'));
    await press(page, '.way[data-path=goodwill] .button');
    await agree(page);
    await video.playing(page);
    await page.$eval('video', (v) => v.pause());
    return { page, over: Date.now() + kExpiringMs };
  }

  test(`${name}: a flipped bit is never shown, and a good copy is fetched past the cache`, async () => {
    const spoilt = new Set();
    const page = await open('open', (path, body) => {
      if (!isSegment(path) || spoilt.has(path)) return undefined;
      spoilt.add(path); // the first copy of every segment is bad
      const bad = Buffer.from(body);
      bad[bad.length >> 1] ^= 1;
      return bad;
    });
    await press(page, '[data-testid=play]');
    await video.playing(page);
    await page.keyboard.press('i');
    // Copies that came before their keys are not counted; others follow.
    await page.waitForFunction(() => Number(document.querySelector('[data-testid=refused]')?.innerText) > 0);
  });

  test(`${name}: bytes that are wrong everywhere stop the film with a sentence`, async () => {
    const page = await open('open', (path, body) => (isSegment(path) ? Buffer.from(body.map((byte, i) => (i === 9 ? byte ^ 1 : byte))) : undefined));
    await press(page, '[data-testid=play]');
    assert.equal(await reasonShown(page), 'hash_mismatch');
    assert.match(await textOf(page, '.failure'), /not what it should be/);
    assert.equal((await video.state(page)).frames, 0);
  });

  test(`${name}: a segment in the place of another is refused`, async () => {
    const bodies = new Map();
    const page = await open('open', (path, body) => {
      if (!isSegment(path)) return undefined;
      bodies.set(path, body);
      return [...bodies.values()].find((other) => other !== body) ?? Buffer.alloc(body.length);
    });
    await press(page, '[data-testid=play]');
    assert.equal(await reasonShown(page), 'hash_mismatch');
  });

  test(`${name}: a record with a changed word is forged`, async () => {
    const page = await open('open', (path, body) => {
      if (!path.startsWith('/v1/titles/')) return undefined;
      const answer = JSON.parse(body);
      const [header, payload, signature] = answer.record.split('.');
      const record = { ...JSON.parse(Buffer.from(payload, 'base64url')), name: kUntruth.title };
      return { status: 200, body: { ...answer, record: [header, Buffer.from(JSON.stringify(record)).toString('base64url'), signature].join('.') } };
    });
    assert.equal(await reasonShown(page), 'record_forged');
    assert.match(await textOf(page, '.failure'), /not signed by its creator/);
  });

  test(`${name}: another title's record is refused`, async () => {
    const other = await (await fetch(`${world.node.url}/v1/titles/${world.titles.mixed}`)).json();
    const page = await open('open', (path) => (path.startsWith('/v1/titles/') ? { status: 200, body: other } : undefined));
    assert.equal(await reasonShown(page), 'record_forged');
  });

  test(`${name}: an older record than one seen before is refused`, async () => {
    const older = await (await fetch(`${world.node.url}/v1/titles/${world.titles.code}`)).json();
    const link = await world.node.link();
    const studio = await openPage(browser, link);
    await studio.waitForSelector('.titles');
    await studio.goto(`${world.node.url}/studio/edit/${world.titles.code}`);
    await press(studio, '.publish-form [type=submit]');
    await studio.waitForSelector('.titles');

    const page = await open('code');
    await page.waitForSelector('.way');
    liar.lie = (path) => (path.startsWith(`/v1/titles/${world.titles.code}`) ? { status: 200, body: older } : undefined);
    await page.reload();
    assert.equal(await reasonShown(page), 'record_older');
    assert.match(await textOf(page, '.failure'), /older version/);
  });

  test(`${name}: another viewer's grant opens nothing`, async () => {
    let grant;
    const first = await open('mixed', (path, body) => void (path === '/v1/keys/request' && (grant ??= JSON.parse(body).grant)));
    await press(first, '[data-testid=play]');
    await video.playing(first);
    const page = await open('mixed', (path, _body, _request, status) => (path === '/v1/keys/request' && status === 200 ? { status: 200, body: { grant } } : undefined));
    await press(page, '.way[data-path=goodwill] .button');
    await agree(page);
    await page.waitForSelector('.inline-failure[data-reason=grant_wrong_viewer]');
    assert.match(await textOf(page, '.inline-failure'), /belong to another browser/);
  });

  test(`${name}: a grant signed by nobody who may is refused`, async () => {
    const page = await open('mixed', (path, body, _request, status) => {
      if (path !== '/v1/keys/request' || status !== 200) return undefined;
      const { grant } = JSON.parse(body);
      const [header, payload, signature] = grant.split('.');
      const claims = { ...JSON.parse(Buffer.from(payload, 'base64url')), slots: [0, 15] };
      return { status: 200, body: { grant: [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.') } };
    });
    await press(page, '.way[data-path=goodwill] .button');
    await agree(page);
    await page.waitForSelector('.inline-failure[data-reason=grant_forged]');
  });

  test(`${name}: a refusal of the node is said in words`, async () => {
    for (const [reason, words] of [['cooldown', /break/], ['max_plays', /as often as it allows/], ['not_current_revision', /new version/], ['grant_revoked', /took this unlock back/]]) {
      const page = await open('mixed', (path, _body, request) => (path === '/v1/keys/request' && request.method === 'POST' ? { status: 403, body: { type: `/problems/${reason}`, detail: reason } } : undefined));
      await press(page, '.way[data-path=goodwill] .button');
      await agree(page);
      await page.waitForSelector('.inline-failure');
      assert.match(await textOf(page, '.inline-failure'), words, reason);
      await page.close();
    }
  });

  test(`${name}: an unlock that runs out asks again where the picture stands`, async () => {
    const { page, over } = expiring;
    await page.bringToFront();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, over - Date.now())));
    await page.$eval('video', (v) => ((v.currentTime = 150), void v.play()));
    await page.waitForSelector('[data-testid=locked]');
    await press(page, '[data-testid=locked] .way[data-path=goodwill] .button');
    await agree(page, '[data-testid=locked]');
    await video.playing(page, 150);
  });

  test(`${name}: a node that goes away says so, and the film goes on when it is back`, async () => {
    const page = await openPage(browser, world.node.url + world.titlePath('code'));
    await press(page, '.way .button-main');
    await page.waitForSelector('.step .field');
    await page.type('.step .field', 'OPEN-SESAME');
    await press(page, '.step [type=submit]');
    await video.playing(page);
    await world.node.kill();
    await video.seek(page, 150);
    await page.waitForSelector('.stage-note');
    assert.match(await textOf(page, '.stage-note'), /does not answer/);
    await world.node.start();
    await video.playing(page, 150);
    await page.waitForFunction(() => !document.querySelector('.stage-note'));
  });
}
