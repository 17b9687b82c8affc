// A film whose keys a creator gives from home (swarma agent): the agent is killed and comes back, and the page says so, plays what it can,
// and goes on by itself.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, beforeEach, test } from 'node:test';
import { promisify } from 'node:util';
import { agree, launch, openPage, press, textOf, video, waitForText } from '../../support/browser.mjs';
import { makeFilm, openWorld, program } from '../../support/program.mjs';

const run = promisify(execFile);
const agreed = { requirement: 'goodwill_ack', params: { text: 'I will tell a friend.' } };
// Longer than a player buffers, with keys for a little film at a time.
const terms = { version: 1, paths: [{ id: 'goodwill', requires: agreed, grants: { window_s: 12 } }] };

let world, home, token, agent, browser, film;
before(async () => {
  world = await openWorld();
  home = join(world.folder, 'home');
  const { did } = JSON.parse((await run(program, ['key', 'show', '--data', home, '--json'])).stdout);
  token = (await run(program, ['token', did, '--data', world.node.data, '--node', world.node.url])).stdout.trim();
  await startAgent();
  const { file } = makeFilm(world.folder, { seconds: 180, size: '320x180', name: 'rolling' });
  const policy = join(world.folder, 'policy.json');
  writeFileSync(policy, JSON.stringify(terms));
  const published = await run(program, ['publish', file, '--node', world.node.url, '--data', home, '--token', token, '--own-agent', '--title', 'Film rolling', '--policy', policy, '--json'], { maxBuffer: 1 << 24 });
  film = JSON.parse(published.stdout).title_id;
  browser = await launch();
});
beforeEach(startAgent);
after(async () => {
  await browser?.close();
  await killAgent();
  await world.close();
});

/** Starts the agent unless it runs, and waits until the node knows it. */
async function startAgent() {
  if (agent) return;
  agent = spawn(program, ['agent', '--data', home, '--fabric', world.node.url, '--token', token, '--json'], { stdio: ['ignore', 'pipe', 'ignore'] });
  await new Promise((resolve) => createInterface(agent.stdout).once('line', resolve));
  while (!/^swarma_agents 1$/m.test(await (await fetch(`${world.node.url}/metrics`)).text())) await new Promise((resolve) => setTimeout(resolve, 100));
}

async function killAgent() {
  const gone = new Promise((resolve) => agent?.once('exit', resolve) ?? resolve());
  agent?.kill('SIGKILL');
  await gone;
  agent = undefined;
}

const openFilm = () => openPage(browser, `${world.node.url}/t/${film}`);
const keysAsked = (page) => page.requests.filter((url) => url.endsWith('/v1/keys/request')).length;

test('the buffer plays on, the page says so, and the film goes on by itself without a reload', async (t) => {
  const page = await openFilm();
  t.after(() => page.close());
  await press(page, '.way[data-path=goodwill] .button');
  await agree(page);
  await video.playing(page);
  await killAgent();
  await waitForText(page, '.stage-note', 'The film plays on up to');
  const [, minutes, seconds] = /up to (\d+):(\d+)/.exec(await textOf(page, '.stage-note'));
  const until = Number(minutes) * 60 + Number(seconds);
  await video.seek(page, until - 3);
  await video.playing(page, until - 3); // from what is open
  await page.waitForFunction((end) => { const v = document.querySelector('video'); return v.readyState < 3 && Math.abs(v.currentTime - end) < 1; }, { polling: 100 }, until);
  await waitForText(page, '.stage-note', 'The film goes on by itself when it is back');
  assert.equal(await page.$('[data-testid=locked]'), null, 'nobody is asked to unlock what is unlocked');
  const before = keysAsked(page);
  await new Promise((resolve) => setTimeout(resolve, 12_000));
  const more = keysAsked(page) - before;
  assert.ok(more > 0 && more <= 8, `it asks again, and not all the time: ${more} times in 12 s`);
  await startAgent();
  await video.playing(page, until + 1);
  await page.waitForFunction(() => !document.querySelector('.stage-note'));
});

test('an unlock waits for the agent, with what the viewer has shown already', async (t) => {
  await killAgent();
  const page = await openFilm();
  t.after(() => page.close());
  await waitForText(page, '.ways-away', 'away just now'); // before anything is done
  await press(page, '.way[data-path=goodwill] .button');
  await agree(page);
  await waitForText(page, '.step-busy', 'machine that gives out keys is away');
  assert.equal(await page.$('.inline-failure'), null);
  await startAgent();
  await video.playing(page);
  assert.equal(page.requests.filter((url) => url.endsWith('/v1/actions/complete')).length, 1, 'the promise was given once');
});
