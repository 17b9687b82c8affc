// The title page on every width, for no, one, two and many ways to watch: nothing sticks out, the columns are used, and the facts
// are no further down than they need to be.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openPage } from '../../support/browser.mjs';
import { LyingNode } from '../../support/lying-node.mjs';
import { openWorld } from '../../support/program.mjs';

const kWidths = [320, 390, 768, 1024, 1280, 1920];
const kTwoColumns = 896; // from this width on

let world, liar, browser;
before(async () => {
  world = await openWorld();
  liar = await LyingNode.start(world.node);
  browser = await launch('chrome');
});
after(async () => {
  await browser.close();
  await liar.close();
  await world.close();
});

/** The offer with only so many of its ways. */
const onlyWays = (count) => (asked, body, _request, status) => {
  if (asked !== '/v1/requirements/offer' || status !== 200) return undefined;
  const offer = JSON.parse(body);
  return { status: 200, body: { ...offer, paths: offer.paths.slice(0, count) } };
};

const places = (page) =>
  page.evaluate(() => {
    const box = (selector) => document.querySelector(selector)?.getBoundingClientRect().toJSON();
    return { head: box('.title-head'), ways: box('.title-ways'), facts: box('.facts'), stage: box('.stage'), whole: document.documentElement.scrollWidth, seen: document.documentElement.clientWidth };
  });

for (const [name, count] of [['open', 0], ['code', 1], ['mixed', 2], ['mixed', 4]])
  for (const language of ['en', 'ar'])
    test(`${count} ways, ${language}`, async () => {
      liar.lie = onlyWays(Math.max(1, count));
      for (const width of kWidths) {
        const page = await openPage(browser, liar.url + world.titlePath(name), { width, before: `if (window.origin !== 'null') localStorage.setItem('swarma.language', '${language}')` });
        await page.waitForSelector(count === 0 ? '[data-testid=play]' : '.way');
        const { head, ways, facts, stage, whole, seen } = await places(page);
        const where = `${width} px: ${JSON.stringify({ head, ways, facts })}`;
        assert.ok(whole <= seen, `nothing sticks out at ${width} px: ${whole} > ${seen}`);
        const beside = (a, b) => a.right <= b.left || b.right <= a.left;
        if (width < kTwoColumns) {
          assert.ok(!ways || (ways.top >= head.bottom && facts.top >= ways.bottom), `one below the other, ${where}`);
        } else if (count === 0) {
          assert.ok(beside(head, facts) && Math.abs(head.top - facts.top) < 2, `the facts stand beside the text, ${where}`);
        } else if (count <= 2) {
          assert.ok(beside(head, ways) && Math.abs(head.top - ways.top) < 2, `the ways stand beside the text, ${where}`);
          assert.ok(facts.left === head.left && facts.top - head.bottom < 60, `the facts follow the text, ${where}`);
        } else {
          assert.ok(beside(head, facts), `the facts stand beside the text, ${where}`);
          assert.ok(ways.top >= head.bottom && Math.abs(ways.width - stage.width) < 2, `the ways have the whole width, ${where}`);
        }
        await page.close();
      }
    });
