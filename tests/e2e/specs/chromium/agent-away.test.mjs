// The creator's key agent goes away and comes back. What it says is put into the node's mouth here by a proxy in front of it; the agent
// itself is tested where it lives.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { agree, launch, openPage, press, textOf, video, waitForText } from '../../support/browser.mjs';
import { LyingNode } from '../../support/lying-node.mjs';
import { makeFilm, openWorld, publish } from '../../support/program.mjs';

const kAway = { status: 503, body: JSON.stringify({ type: '/problems/agent_away', detail: 'The agent is away.', reason: 'agent_away', retry_after_s: 1 }) };
const agreed = { requirement: 'goodwill_ack', params: { text: 'I will tell a friend.' } };

let world, line, browser, rolling;
before(async () => {
  world = await openWorld();
  // Longer than a player buffers, with keys for a little film at a time.
  const { file } = makeFilm(world.folder, { seconds: 180, size: '320x180', name: 'rolling' });
  rolling = (await publish(world.node, file, 'Film rolling', { version: 1, paths: [{ id: 'goodwill', requires: agreed, grants: { window_s: 12 } }] })).title_id;
  line = await LyingNode.start(world.node);
  browser = await launch();
});
beforeEach(comeBack);
after(async () => {
  await browser.close();
  await line.close();
  await world.close();
});

/** The agent is away for keys from now on. */
function goAway() {
  const asked = [];
  line.bar = ({ url }) => (url === '/v1/keys/request' ? (asked.push(url), kAway) : undefined);
  return asked;
}

function comeBack() {
  line.lie = line.bar = () => undefined;
}

test('the buffer plays on, the page says so, and the film goes on by itself without a reload', async (t) => {
  const page = await openPage(browser, `${line.url}/t/${rolling}`);
  t.after(() => page.close());
  await press(page, '.way[data-path=goodwill] .button');
  await agree(page);
  await video.playing(page);
  const asked = goAway();
  await waitForText(page, '.stage-note', 'The film plays on up to');
  const [, minutes, seconds] = /up to (\d+):(\d+)/.exec(await textOf(page, '.stage-note'));
  const until = Number(minutes) * 60 + Number(seconds);
  await video.seek(page, until - 3);
  await video.playing(page, until - 3); // from what is open
  await page.waitForFunction((end) => { const v = document.querySelector('video'); return v.readyState < 3 && Math.abs(v.currentTime - end) < 1; }, { polling: 100 }, until);
  await waitForText(page, '.stage-note', 'The film goes on by itself when it is back');
  assert.equal(await page.$('[data-testid=locked]'), null, 'nobody is asked to unlock what is unlocked');
  const before = asked.length;
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  assert.ok(asked.length > before && asked.length <= before + 11, `it asks again, and not all the time: ${asked.length - before} times in 10 s`);
  comeBack();
  await video.playing(page, until + 1);
  await page.waitForFunction(() => !document.querySelector('.stage-note'));
});

test('an unlock waits for the agent, with what the viewer has shown already', async (t) => {
  const page = await openPage(browser, line.url + world.titlePath('mixed'));
  t.after(() => page.close());
  goAway();
  await press(page, '.way[data-path=goodwill] .button');
  await agree(page);
  await waitForText(page, '.step-busy', 'machine that gives out keys is away');
  assert.equal(await page.$('.inline-failure'), null);
  comeBack();
  await video.playing(page);
  assert.equal(page.requests.filter((url) => url.endsWith('/v1/actions/complete')).length, 1, 'the promise was given once');
});

test('an offer tells that the agent is away before anything is done', async (t) => {
  line.lie = (path, body) => (path === '/v1/requirements/offer' ? { status: 200, body: { ...JSON.parse(body), agent: 'away' } } : undefined);
  const page = await openPage(browser, line.url + world.titlePath('mixed'));
  t.after(() => page.close());
  await waitForText(page, '.ways-away', 'away just now');
  assert.match(await textOf(page, '.way[data-path=goodwill]'), /Choose this way/);
});
