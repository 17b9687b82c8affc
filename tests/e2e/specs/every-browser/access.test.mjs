// For everybody: axe on every page and state, and the whole path by keyboard alone. In every browser.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertAccessible } from '../../support/accessible.mjs';
import { browserNames, launch, openPage, press, textOf, video } from '../../support/browser.mjs';
import { openWorld } from '../../support/program.mjs';

let world;
before(async () => (world = await openWorld()));
after(() => world.close());

/** The theme as a viewer chose it, since WebDriver BiDi cannot emulate the device's. */
const asIf = (theme) => `if (window.origin !== 'null') localStorage.setItem('swarma.theme', '${theme}')`;

/** axe reads the same document in both browsers; what differs is drawn once in each theme and width in Firefox. */
const kViews = {
  chrome: [['light', 390], ['light', 1280], ['dark', 390], ['dark', 1280]],
  firefox: [['dark', 390], ['light', 1280]],
};

for (const name of browserNames) describe(name, () => access(name));

function access(name) {
  let browser;
  before(async () => (browser = await launch(name)));
  after(() => browser.close());

  for (const [theme, width] of kViews[name]) {
    test(`${name}: axe finds nothing: viewer's pages, ${theme}, ${width} wide`, async () => {
      const open = (path) => openPage(browser, world.node.url + path, { width, height: 800, before: asIf(theme) });
      const catalog = await open('/');
      await catalog.waitForSelector('.card:not(.skeleton)');
      await assertAccessible(catalog, 'catalog');
      await press(catalog, '[popovertarget=display-menu]');
      await assertAccessible(catalog, 'display menu');
      const none = await open('/?q=xyzzy');
      await none.waitForSelector('.empty');
      await assertAccessible(none, 'nothing found');
      const missing = await open('/t/aaaaaaaaaaaaaaaaaaaaaaaaaa');
      await missing.waitForSelector('.empty');
      await assertAccessible(missing, 'missing title');
      const title = await open(world.titlePath('mixed'));
      await title.waitForSelector('.way');
      await assertAccessible(title, 'title');
      await press(title, '.way[data-path=both] .button');
      await title.waitForSelector('.step');
      await assertAccessible(title, 'steps');
      await press(title, '.ways-chosen .icon-button');
      await press(title, '[data-testid=play]');
      await video.playing(title);
      await title.keyboard.press('i');
      await title.waitForSelector('.stats');
      await assertAccessible(title, 'player with details');
      await title.keyboard.press('?');
      await title.waitForSelector('dialog[open]');
      await assertAccessible(title, 'keyboard list');
      await title.keyboard.press('Escape');
      await video.seek(title, 40);
      await title.waitForSelector('[data-testid=locked]');
      await assertAccessible(title, 'locked');
    });

    test(`${name}: axe finds nothing: studio, ${theme}, ${width} wide`, async () => {
      const page = await openPage(browser, `${world.node.url}/studio`, { width, height: 800, before: asIf(theme) });
      await page.waitForSelector('.sign-in');
      await assertAccessible(page, 'sign-in');
      await page.goto(await world.node.link());
      await page.waitForSelector('.titles');
      await assertAccessible(page, 'titles');
      await press(page, '.actions-button');
      await assertAccessible(page, 'actions');
      await page.goto(`${world.node.url}/studio/edit/${world.titles.mixed}`);
      await page.waitForSelector('.publish-form');
      await assertAccessible(page, 'edit');
      await page.goto(`${world.node.url}/studio/new`);
      await page.waitForSelector('.drop');
      await assertAccessible(page, 'drop');
      await (await page.$('.drop input')).uploadFile(world.film);
      await page.waitForSelector('.publish-form');
      await assertAccessible(page, 'publish');
    });
  }

  test(`${name}: from right to left the pages are as accessible`, async () => {
    const page = await openPage(browser, `${world.node.url}/`);
    await page.evaluate(() => localStorage.setItem('swarma.language', 'ar'));
    await page.goto(world.node.url + world.titlePath('mixed'));
    await page.waitForSelector('.way');
    assert.equal(await page.$eval('html', (html) => `${html.dir} ${html.lang}`), 'rtl ar');
    await assertAccessible(page, 'title');
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, 'nothing sticks out');
  });

  test(`${name}: the whole path by keyboard alone`, async () => {
    const page = await openPage(browser, `${world.node.url}/`);
    await page.waitForSelector('.card:not(.skeleton)');
    const focused = () => page.evaluate(() => { const e = document.activeElement; return `${e.tagName} ${e.className} ${e.dataset.testid ?? ''} ${e.getAttribute('aria-label') ?? ''} ${e.innerText ?? ''}`; });
    const tabTo = async (wanted, limit = 40) => {
      for (let i = 0; i < limit; i++) {
        await page.keyboard.press('Tab');
        if (wanted.test(await focused())) return;
      }
      assert.fail(`${wanted} cannot be reached; focus is on ${await focused()}`);
    };
    await page.keyboard.press('Tab');
    assert.match(await focused(), /Skip to the content/);
    await page.keyboard.press('Enter');
    await tabTo(/^INPUT/);
    await page.keyboard.type('mixed');
    await page.waitForFunction(() => document.querySelectorAll('.card').length === 1);
    await tabTo(/card/);
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-testid=play]');
    await tabTo(/play/);
    await page.keyboard.press('Enter');
    await video.playing(page);
    for (let i = 0; i < 4; i++) await page.keyboard.press('l');
    await page.waitForSelector('[data-testid=locked]');
    await tabTo(/With a promise/);
    await page.keyboard.press('Enter');
    await tabTo(/I agree/);
    await page.keyboard.press('Enter');
    await video.playing(page, 30);
    await page.keyboard.press('k');
    await page.waitForFunction(() => document.querySelector('video').paused);
    await page.keyboard.press('?');
    await page.waitForSelector('dialog[open]');
    assert.match(await textOf(page, 'dialog[open]'), /Play or pause/);
    await page.keyboard.press('Escape');
  });
}
