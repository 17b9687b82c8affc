// What a viewer sees and may choose: right colours, and tracks of one language that can be told apart.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { browserNames, launch, openPage, press, video } from '../../support/browser.mjs';
import { openWorld, publish } from '../../support/program.mjs';

const film = (name) => fileURLToPath(new URL(`../../../cases/media/${name}`, import.meta.url));

let world;
const titles = {};
before(async () => {
  world = await openWorld();
  titles.rgb = (await publish(world.node, film('rgb-720p.mp4'), 'Four colours', 'open')).title_id;
  titles.tracks = (await publish(world.node, film('one-language-five-tracks.mkv'), 'Five tracks', 'open')).title_id;
});
after(() => world.close());

/** What a canvas reads from the video in the middle of its four quarters. */
const corners = (page) =>
  page.$eval('video', (element) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: element.videoWidth, height: element.videoHeight });
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(element, 0, 0);
    return [0.25, 0.75].flatMap((y) => [0.25, 0.75].map((x) => [...context.getImageData(canvas.width * x, canvas.height * y, 1, 1).data.slice(0, 3)]));
  });

async function play(t, browser, title) {
  const page = await openPage(browser, `${world.node.url}/t/${title}`);
  t.after(() => page.close());
  await press(page, '[data-testid=play]');
  await video.playing(page);
  return page;
}

for (const name of browserNames)
  describe(name, () => {
    let browser;
    before(async () => (browser = await launch(name)));
    after(() => browser.close());

    test(`${name}: an RGB film has its colours within 3`, async (t) => {
      const page = await play(t, browser, titles.rgb);
      const wanted = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]];
      const seen = await corners(page);
      for (const [i, colour] of wanted.entries())
        for (const [c, value] of colour.entries()) assert.ok(Math.abs(seen[i][c] - value) <= 3, `${JSON.stringify(seen)} instead of ${JSON.stringify(wanted)}`);
    });

    test(`${name}: five tracks of one language have five names, and the film's own sound plays`, async (t) => {
      const page = await play(t, browser, titles.tracks);
      const choices = (group) =>
        page.$$eval(`.player-settings input[name=${group}]`, (inputs) => inputs.map((input) => ({ label: input.closest('label').textContent.trim(), chosen: input.checked })));
      const sounds = await choices('audio'), captions = await choices('captions');
      assert.deepEqual(sounds.map((s) => s.label).sort(), ['English (Director commentary)', 'English (Main)']);
      assert.equal(sounds.find((s) => s.chosen)?.label, 'English (Main)');
      for (const label of ['English (Forced)', 'English (Full)', 'English (SDH)']) assert.ok(captions.some((c) => c.label === label), JSON.stringify(captions));
    });
  });
