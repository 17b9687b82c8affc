// A like on Nostr, signed for by the browser's extension (NIP-07). The events are made and signed by nostr-tools; the relay is a stand-in of a few
// lines, since real relays are met in tests/interop/nostr. Where that folder's packages are not installed, this is skipped, which the run tells.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertAccessible } from '../../support/accessible.mjs';
import { launch, openPage, press, video, waitForText } from '../../support/browser.mjs';
import { makeFilm, openWorld, publish } from '../../support/program.mjs';

const packages = fileURLToPath(new URL('../../../interop/nostr/', import.meta.url));
const skip = existsSync(`${packages}node_modules/nostr-tools`) ? false : 'the packages of tests/interop/nostr are not installed';
const now = () => Math.floor(Date.now() / 1000);

let nostr, relay, world, browser, film, post, fan;
const events = [];
before(async () => {
  if (skip) return;
  const require = createRequire(`${packages}person.mjs`);
  nostr = require('nostr-tools');
  relay = new (require('ws').WebSocketServer)({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => relay.once('listening', resolve));
  relay.on('connection', (socket) => socket.on('message', (message) => {
    const [kind, id, ...filters] = JSON.parse(message);
    if (kind !== 'REQ') return;
    for (const event of events) if (nostr.matchFilters(filters, event)) socket.send(JSON.stringify(['EVENT', id, event]));
    socket.send(JSON.stringify(['EOSE', id]));
  }));
  world = await openWorld('--nostr-relay', `ws://127.0.0.1:${relay.address().port}`);
  fan = nostr.generateSecretKey();
  post = nostr.finalizeEvent({ kind: 1, created_at: now() - 100, tags: [], content: 'A film!' }, nostr.generateSecretKey());
  events.push(post);
  const { file } = makeFilm(world.folder, { seconds: 8, size: '320x180', name: 'liked' });
  const like = { requirement: 'social_like', params: { network: 'nostr', target: nostr.nip19.noteEncode(post.id) } };
  film = (await publish(world.node, file, 'Film liked', { version: 1, paths: [{ id: 'like', requires: like }] })).title_id;
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await world?.close();
  relay?.close();
});

test('the extension signs for a like that the relays know, and for none that they do not', { skip }, async (t) => {
  const page = await openPage(browser, undefined, { width: 390 });
  t.after(() => page.close());
  await page.exposeFunction('signIt', (event) => nostr.finalizeEvent(event, fan));
  await page.evaluateOnNewDocument(() => (window.nostr = { signEvent: (event) => window.signIt(event) }));
  await page.goto(`${world.node.url}/t/${film}`);
  await waitForText(page, '.way', 'Like a post of the creator on Nostr');
  await waitForText(page, '.way', 'Your public account name, with the node');
  await press(page, '.way .button-main');
  await press(page, '.step-body .button-main');
  await page.waitForSelector('.copy-field');
  await assertAccessible(page, 'like');
  await press(page, '.step-body > .button-main');
  await page.waitForSelector('.inline-failure');
  assert.equal(await page.$('media-controller'), null);
  events.push(nostr.finalizeEvent({ kind: 7, created_at: now(), tags: [['e', post.id], ['p', post.pubkey]], content: '+' }, fan));
  await press(page, '.step-body > .button-main');
  await video.playing(page);
});
