// The main job, in every browser: find a film, play its preview, meet the lock, unlock, watch on.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { agree, browserNames, launch, openPage, press, textOf, video, waitForText, whatIsSeen } from '../../support/browser.mjs';
import { openWorld } from '../../support/program.mjs';

let world;
before(async () => (world = await openWorld()));
after(() => world.close());

for (const name of browserNames) describe(name, () => watching(name));

function watching(name) {
  let browser;
  before(async () => (browser = await launch(name)));
  after(() => browser.close());

  test(`${name}: catalog, preview, lock, promise, on to the end`, async (t) => {
    const page = await openPage(browser, `${world.node.url}/`);
    t.after(() => page.close());

    await page.waitForSelector('.card:not(.skeleton)');
    await page.type('input[type=search]', 'mixed');
    await page.waitForFunction(() => document.querySelectorAll('.card').length === 1);
    assert.match(await textOf(page, '.card'), /Film mixed[\s\S]*Free preview/);
    await press(page, '.card');

    await page.waitForSelector('.way');
    assert.equal((await page.$$('.way')).length, 4, 'every way is shown before any action');
    assert.ok(!page.requests.some((url) => url.includes('/v1/keys/')), 'no key is asked for before play');
    await press(page, '[data-testid=play]');
    await video.playing(page);
    const preview = await video.state(page);
    assert.equal(Math.min(preview.height, 480), preview.height, 'the preview is in the small picture');
    assert.ok(preview.frames > 5 && preview.audioBytes, `frames ${preview.frames}, sound ${preview.audioBytes}`);

    await video.seek(page, 40);
    await page.waitForSelector('[data-testid=locked]');
    assert.match(await textOf(page, '[data-testid=locked]'), /This part is locked/);
    await press(page, '[data-testid=locked] .way[data-path=goodwill] .button');
    await agree(page, '[data-testid=locked]');
    await video.playing(page, 40);
    await page.waitForFunction(() => !document.querySelector('[data-testid=locked]'));

    await video.seek(page, 58);
    await page.waitForFunction(() => document.querySelector('video').ended || document.querySelector('video').currentTime > 59.5);
    assert.deepEqual(page.problems, []);
  });

  test(`${name}: the film goes on by itself past a window of keys`, async (t) => {
    const page = await openPage(browser, world.node.url + world.titlePath('mixed'));
    t.after(() => page.close());
    await press(page, '.way[data-path=goodwill] .button');
    await agree(page);
    await video.playing(page);
    const grants = () => page.requests.filter((url) => url.endsWith('/v1/keys/request')).length;
    await page.$eval('video', (v) => (v.playbackRate = 4));
    await video.playing(page, 30);
    assert.ok(grants() >= 3, `further keys were fetched on the way; requests for keys: ${grants()}. ${await whatIsSeen(page)}`);
    assert.equal(await page.$('[data-testid=locked]'), null, await whatIsSeen(page));
    assert.deepEqual(page.problems, []);
  });

  test(`${name}: the film that begins is in view and has the focus`, async (t) => {
    const page = await openPage(browser, world.node.url + world.titlePath('expiring'));
    t.after(() => page.close());
    const stage = () => page.$eval('#stage', (element) => ({ top: element.getBoundingClientRect().top, bottom: element.getBoundingClientRect().bottom, focused: document.activeElement === element, label: element.getAttribute('aria-label') }));
    await press(page, '.way[data-path=goodwill] .button');
    await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
    assert.ok(await page.$eval('.stage', (element) => element.getBoundingClientRect().top < -100), 'whoever agrees has scrolled past the film');
    await agree(page);
    await video.playing(page);
    const { top, bottom, focused, label } = await stage();
    assert.ok(top >= 0 && bottom <= 800, `the film is seen whole: ${top} to ${bottom}`);
    assert.ok(focused && /Film expiring/.test(label), 'the focus, and with it what is read aloud, is at the player');
    assert.match(await textOf(page, '.announcer'), /Unlocked/);
  });

  test(`${name}: a film in view stays where it is`, async (t) => {
    const page = await openPage(browser, world.node.url + world.titlePath('open'), { width: 1000, height: 700 });
    t.after(() => page.close());
    await page.waitForSelector('[data-testid=play]');
    await page.evaluate(() => window.scrollTo(0, 30));
    const before = await page.evaluate(() => window.scrollY);
    await page.click('[data-testid=play]');
    await video.playing(page);
    assert.equal(await page.evaluate(() => window.scrollY), before);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'stage');
  });

  test(`${name}: captions, quality, speed and the place are kept`, async (t) => {
    const page = await openPage(browser, world.node.url + world.titlePath('open'));
    t.after(() => page.close());
    await press(page, '[data-testid=play]');
    await video.playing(page);

    const choose = async (group, label) => {
      await page.$eval('[popovertarget=player-settings]', (button) => button.click());
      await page.waitForSelector('#player-settings:popover-open');
      await page.evaluate((legend, words) => {
        const set = [...document.querySelectorAll('#player-settings fieldset')].find((field) => field.querySelector('legend').innerText === legend);
        [...set.querySelectorAll('label')].find((option) => option.innerText.trim().startsWith(words)).querySelector('input').click();
      }, group, label);
      await page.evaluate(() => document.getElementById('player-settings').hidePopover?.());
    };
    await choose('Captions', 'English');
    await page.waitForFunction(() => [...document.querySelector('video').textTracks].some((track) => track.mode === 'showing' && track.activeCues?.length > 0));
    assert.match((await video.state(page)).cues.join(), /Second \d+/);

    await choose('Quality', '360p');
    await page.waitForFunction(() => document.querySelector('video').videoHeight === 360);
    await choose('Quality', '720p');
    await page.waitForFunction(() => document.querySelector('video').videoHeight === 720);

    await video.seek(page, 31);
    await video.playing(page, 31);
    await page.$eval('video', (v) => v.pause());
    await new Promise((resolve) => setTimeout(resolve, 300));
    await page.reload();
    await waitForText(page, '[data-testid=play]', 'Resume at 0:3');
    await press(page, '[data-testid=play]');
    await video.playing(page, 30);
    assert.deepEqual(page.problems, []);
  });
}
