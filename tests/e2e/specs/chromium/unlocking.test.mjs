// Ways to unlock that do not differ by browser: a second click, a puzzle that is left and taken up again, a code.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openPage, press, video } from '../../support/browser.mjs';
import { openWorld } from '../../support/program.mjs';

let world, browser;
before(async () => {
  world = await openWorld();
  browser = await launch();
});
after(async () => {
  await browser.close();
  await world.close();
});

test('a browser that wants another click gets a button for it', async (t) => {
  const page = await openPage(browser, world.node.url + world.titlePath('open'), {
    before: () => {
      const { play } = HTMLMediaElement.prototype;
      HTMLMediaElement.prototype.play = function () {
        HTMLMediaElement.prototype.play = play;
        return Promise.reject(new DOMException('A click is needed.', 'NotAllowedError'));
      };
    },
  });
  t.after(() => page.close());
  await press(page, '[data-testid=play]');
  await press(page, '.stage-start');
  await video.playing(page);
  assert.equal(await page.$('.stage-start'), null);
});

test('the puzzle can be paused, left and taken up again', async (t) => {
  const page = await openPage(browser, world.node.url + world.titlePath('mixed'));
  t.after(() => page.close());
  await press(page, '.way[data-path=both] .button');
  const hard = '.step[data-requirement=puzzle_solve]';
  await press(page, `${hard} .step-body .button-main`);
  await page.waitForSelector(`${hard} progress`);
  const tried = () => page.$eval(`${hard} progress`, (bar) => bar.value);
  await page.waitForFunction((s) => { // at once: a lucky puzzle is soon solved
    const pause = document.querySelector(`${s} progress`)?.value > 0 && document.querySelector(`${s} .step-body .button:not(.button-main)`);
    if (pause) pause.click();
    return pause;
  }, {}, hard);
  await page.waitForSelector(`${hard} .step-body .button-main`); // it stands still, and where is written down
  const paused = await tried();
  await page.reload();
  await press(page, '.way[data-path=both] .button');
  await press(page, `${hard} .step-body .button-main`);
  await page.waitForSelector(`${hard} progress`);
  assert.ok((await tried()) >= paused * 0.99, 'it goes on from where it was');
  const starts = page.requests.filter((url) => url.endsWith('/v1/actions/start')).length;
  assert.equal(starts, 1, 'the same puzzle, not a new one');
});

test('a code opens the film, a wrong one says so', async (t) => {
  const page = await openPage(browser, world.node.url + world.titlePath('code'));
  t.after(() => page.close());
  await press(page, '.way .button-main');
  await page.waitForSelector('.step .field');
  await page.type('.step .field', 'OPEN-SUSAN');
  await press(page, '.step [type=submit]');
  await page.waitForSelector('.step .inline-failure[data-reason=wrong_code]');
  await page.$eval('.step .field', (field) => field.select());
  await page.type('.step .field', 'OPEN-SESAME');
  await press(page, '.step [type=submit]');
  await video.playing(page);
});
