// Accounts elsewhere: signing in at an OpenID provider (oidc-provider), and a like on the fediverse (two servers of Fedify). Both are those of
// tests/interop; where their packages are not installed, the test is skipped, which the run tells.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertAccessible } from '../../support/accessible.mjs';
import { launch, openPage, press, textOf, video, waitForText } from '../../support/browser.mjs';
import { freePort, makeFilm, openWorld, publish } from '../../support/program.mjs';

const interop = fileURLToPath(new URL('../../../interop/', import.meta.url));
const installed = (name) => existsSync(join(interop, name, 'node_modules')) && name;
const oauth = installed('oauth');
const fediverse = installed('activitypub');
const why = (name) => `the packages of tests/interop/${name} are not installed`;

const ports = {};
const started = [];
let world, browser, film, post;

/** A program of tests/interop that reads what it shall be from its input and says when it is ready. */
async function startPeer(folder, file, order) {
  const peer = spawn(process.execPath, [file], { cwd: join(interop, folder), stdio: ['pipe', 'pipe', 'ignore'] });
  started.push(peer);
  peer.stdin.end(JSON.stringify(order));
  await new Promise((resolve, reject) => peer.stdout.once('data', resolve) && peer.once('exit', () => reject(new Error(`${file} ended.`))));
}

before(async () => {
  for (const name of ['provider', 'creators', 'people']) ports[name] = await freePort();
  world = await openWorld();
  const options = ['creators', 'people'].flatMap((name) => ['--activitypub-private-host', `127.0.0.1:${ports[name]}`]);
  if (oauth) {
    const adapter = join(world.folder, 'videos.json');
    writeFileSync(adapter, JSON.stringify({ network: 'videos', issuer: `http://127.0.0.1:${ports.provider}`, client_id: 'public' }));
    options.push('--oauth', adapter);
    const client = { client_id: 'public', token_endpoint_auth_method: 'none' };
    await startPeer('oauth', 'provider.mjs', { providers: [{ port: ports.provider, client, alg: 'RS256', redirects: [`${world.node.url}/v1/actions/return`] }] });
  }
  if (fediverse) {
    await startPeer('activitypub', 'servers.mjs', { ports: [ports.creators, ports.people] });
    await control('creators', { posts: ['1'], is: { shows: true, closed: false } });
  }
  await world.node.restart(...options);
  post = `http://127.0.0.1:${ports.creators}/posts/1`;
  const { file } = makeFilm(world.folder, { seconds: 8, size: '320x180', name: 'accounts' });
  const way = (id, params) => ({ id, requires: { requirement: 'social_like', params } });
  const paths = [way('account', { network: 'videos', target: 'account' }), way('like', { network: 'activitypub', target: post })];
  film = (await publish(world.node, file, 'Film accounts', { version: 1, paths })).title_id;
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await world?.close();
  for (const peer of started) peer.kill();
});

const control = async (server, order) => (await fetch(`http://127.0.0.1:${ports[server]}/control`, { method: 'POST', body: JSON.stringify(order) })).json();

async function choose(id, context) {
  const page = await openPage(browser, `${world.node.url}/t/${film}`, { width: 390, context });
  await press(page, `.way[data-path=${id}] .button`);
  await press(page, '.step-body .button-main');
  return page;
}

test('an account of a platform: the same number in both windows, and the page goes on by itself', { skip: !oauth && why('oauth') }, async (t) => {
  const context = await browser.createBrowserContext();
  t.after(() => context.close());
  const page = await choose('account', context);
  await waitForText(page, '.step-body', 'learns that you open something at this node');
  await assertAccessible(page, 'platform');
  const number = await textOf(page, '.match');
  const window = await openPage(browser, await page.$eval('.step-body a.button-main', (link) => link.href), { context });
  await window.waitForSelector('input[name=login]');
  await window.type('input[name=login]', 'ada');
  await window.type('input[name=password]', 'any');
  await Promise.all([window.waitForNavigation(), window.click('button')]);
  while (!window.url().startsWith(world.node.url)) await Promise.all([window.waitForNavigation(), window.click('button')]);
  await waitForText(window, 'body', number);
  await window.click('button');
  await waitForText(window, 'body', 'go back to the film');
  await page.bringToFront();
  await video.playing(page);
});

test('a like on the fediverse: first the word in the profile, then the like', { skip: !fediverse && why('activitypub') }, async (t) => {
  const page = await choose('like');
  t.after(() => page.close());
  await waitForText(page, '.step-body', 'Word for your profile');
  await assertAccessible(page, 'fediverse');
  const token = await page.$$eval('.copy-field input', (fields) => fields[1].value);
  const account = await page.$('.step-body > .row input');
  await account.type(`@fan@127.0.0.1:${ports.people}`);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.inline-failure[data-reason=token_not_shown]');
  await control('people', { profile: { who: 'fan', is: { summary: `<p>I like films. ${token}</p>` } } });
  await press(page, '.step-body [type=submit]');
  await page.waitForSelector('.inline-failure[data-reason=deed_not_found]');
  await control('people', { act: { who: 'fan', type: 'Like', target: post, inbox: `http://127.0.0.1:${ports.creators}/inbox` } });
  await press(page, '.step-body [type=submit]');
  await video.playing(page);
  assert.equal(page.requests.filter((url) => url.endsWith('/v1/actions/start')).length, 1);
});
