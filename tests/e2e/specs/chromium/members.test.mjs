// Membership: joined at one film, shown at another; given by hand and taken back in the studio.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertAccessible } from '../../support/accessible.mjs';
import { agree, launch, openPage, press, textOf, video, waitForText } from '../../support/browser.mjs';
import { makeFilm, openWorld, publish } from '../../support/program.mjs';

const member = { id: 'members', requires: { requirement: 'allowlist_token', params: { pass: 'gold' } } };
const promise = { requirement: 'goodwill_ack', params: { text: 'I will come again.' } };
const join = { id: 'join', requires: promise, grants: { pass: { tier: 'gold', life_s: 31 * 86400 } } };

let world, browser, first, second;
before(async () => {
  world = await openWorld();
  const { file } = makeFilm(world.folder, { seconds: 8, size: '320x180', name: 'club' });
  first = (await publish(world.node, file, 'Film first', { version: 1, paths: [join, member] })).title_id;
  second = (await publish(world.node, file, 'Film second', { version: 1, paths: [member] })).title_id;
  browser = await launch();
});
after(async () => {
  await browser.close();
  await world.close();
});

const page = (id, context) => openPage(browser, `${world.node.url}/t/${id}`, { context, width: 390 });
const kShow = '.step-body > .button-main';

async function signIn() {
  const studio = await openPage(browser, await world.node.link());
  await studio.waitForSelector('.titles');
  await press(studio, 'a[href="/studio/members"]');
  await waitForText(studio, 'h1', 'Members');
  return studio;
}

test('a pass from one film opens another, until it is taken back', async (t) => {
  const context = await browser.createBrowserContext();
  t.after(() => context.close());
  const one = await page(first, context);
  await waitForText(one, '.way[data-path=join]', 'A pass “gold” for the creator’s films');
  await press(one, '.way[data-path=join] .button');
  await agree(one);
  await waitForText(one, '.step-body', 'You hold a pass “gold”'); // the way that asks for it stands there by itself
  await assertAccessible(one, 'pass');
  await press(one, kShow);
  await video.playing(one);
  const two = await page(second, context);
  await press(two, '.way .button-main');
  await waitForText(two, '.step-body', 'You hold a pass “gold”');

  const studio = await signIn();
  await studio.waitForSelector('.passes tr[data-state=valid]');
  assert.match(await textOf(studio, '.passes'), /gold[\s\S]*All[\s\S]*Valid \(way “join”\)/);
  await assertAccessible(studio, 'members');
  await press(studio, '.passes .icon-button');
  await assertAccessible(studio, 'question');
  await press(studio, 'dialog[open] .button-bad');
  await studio.waitForSelector('.passes tr[data-state=revoked]');

  await two.bringToFront();
  await press(two, kShow);
  await two.waitForSelector('.inline-failure');
  assert.equal(await two.$('media-controller'), null, 'it opens nothing any more');
  await two.reload();
  await press(two, '.way .button-main');
  await waitForText(two, '.step-body', 'holds no pass');
});

test('a pass is given by hand to a member number, and saved as a table', async (t) => {
  const viewer = await page(second);
  t.after(() => viewer.close());
  await press(viewer, '.way .button-main');
  await viewer.waitForSelector('.copy-field input');
  const number = await viewer.$eval('.copy-field input', (field) => field.value);
  assert.match(number, /^[\w-]{43}$/);
  const studio = await signIn();
  await press(studio, '.give-pass summary');
  const [holder, tier] = await studio.$$('.give-pass input');
  await holder.type(number);
  await tier.evaluate((field) => field.select());
  await tier.type('gold');
  await assertAccessible(studio, 'form');
  await press(studio, '.give-pass [type=submit]');
  await waitForText(studio, '.passes', number.slice(0, 10));
  const saved = studio.evaluate(() => new Promise((resolve) => {
    const { createObjectURL } = URL;
    URL.createObjectURL = (blob) => (blob.text().then(resolve), createObjectURL.call(URL, blob));
  }));
  await press(studio, '[aria-labelledby=passes] .button');
  const text = await saved;
  assert.ok(text.startsWith('pass_id,holder,tier') && text.includes(number), text);
  await viewer.bringToFront();
  await press(viewer, '.step-body > .button');
  await waitForText(viewer, '.step-body', 'You hold a pass “gold”');
  await press(viewer, kShow);
  await video.playing(viewer);

  // How films were unlocked: numbers by way, nobody in them.
  await studio.bringToFront();
  await studio.goto(`${world.node.url}/studio`);
  await press(studio, `[popovertarget="actions-${second}"]`);
  await press(studio, `#actions-${second} button:not(.bad)`);
  await studio.waitForSelector('dialog[open] .unlock-counts');
  assert.match(await textOf(studio, '.unlock-counts'), /members\s+1\s+1/);
  assert.ok(!(await textOf(studio, 'dialog[open]')).includes(number.slice(0, 10)));
  await assertAccessible(studio, 'unlocks');
  await studio.keyboard.press('Escape');
  await studio.waitForFunction(() => !document.querySelector('dialog[open]'));
});
