// How fast: first frame after a click on a free title, buffered again after a seek, and memory over ten minutes ($E2E_LONG).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import puppeteer from 'puppeteer-core';
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

const percentile = (values, p) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.ceil((p / 100) * values.length) - 1)];
const kGoalMs = 500;
const kMinutes = 10;
/** Says how fast it was and whether the goal is met. A busy machine misses it without anything being broken, so it is no failure. */
function report(what, values) {
  const [p50, p95] = [50, 95].map((p) => Math.round(percentile(values, p)));
  console.log(`${what}: p50 ${p50} ms, p95 ${p95} ms over ${values.length} runs; goal p95 < ${kGoalMs} ms ${p95 < kGoalMs ? 'met' : 'missed'}`);
}

/** The click and the first frame are both taken inside the page, so that the test's own connection is not measured. */
const timeToFirstFrame = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        const began = performance.now();
        new MutationObserver((_changes, observer) => {
          const v = document.querySelector('video');
          if (!v) return;
          observer.disconnect();
          v.requestVideoFrameCallback(() => resolve(performance.now() - began));
        }).observe(document.body, { childList: true, subtree: true });
        document.querySelector('[data-testid=play]').click();
      }),
  );

test('time to the first frame, 20 runs', async () => {
  const times = [];
  for (let i = 0; i < 20; i++) {
    const page = await openPage(browser, world.node.url + world.titlePath('open'));
    await page.waitForSelector('[data-testid=play]');
    await page.waitForNetworkIdle({ idleTime: 200 });
    times.push(await timeToFirstFrame(page));
    await page.browserContext().close();
  }
  report('time to first frame', times);
});

test('seek to buffered again, 20 runs', async () => {
  const page = await openPage(browser, world.node.url + world.titlePath('open'));
  await press(page, '[data-testid=play]');
  await video.playing(page);
  const times = [];
  for (let i = 0; i < 20; i++) {
    times.push(
      await page.evaluate(
        (to) =>
          new Promise((resolve) => {
            const v = document.querySelector('video');
            const began = performance.now();
            v.addEventListener('seeked', () => v.requestVideoFrameCallback(() => resolve(performance.now() - began)), { once: true });
            v.currentTime = to;
          }),
        (i * 23.7) % 56,
      ),
    );
  }
  report('seek', times);
});

/** What the operating system counts for a process, in MB: decoders and workers of a page included. */
const residentMB = (pid) => Number(/^Rss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1000;

async function largestRenderer(own) {
  const session = await own.target().createCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id).sort((a, b) => residentMB(b) - residentMB(a))[0];
}

async function heapMB(page) {
  await (await page.createCDPSession()).send('HeapProfiler.collectGarbage');
  return (await page.metrics()).JSHeapUsedSize / 1e6;
}

// The film is longer than what the player keeps, so that over and over parts are fetched, opened and let go. Nobody is connected
// to the browser meanwhile: a debugger keeps what passes through the network, which looks like a leak of the page.
test('memory stays flat over ten minutes', { skip: !process.env.E2E_LONG }, async (t) => {
  const own = await launch();
  t.after(() => own.process().kill());
  const page = await openPage(own, world.node.url + world.titlePath('code'));
  await press(page, '.way .button-main');
  await page.waitForSelector('.step .field');
  await page.type('.step .field', 'OPEN-SESAME');
  await press(page, '.step [type=submit]');
  await video.playing(page);
  await page.$eval('video', (v) => (v.loop = true));
  const before = { heap: await heapMB(page), frames: (await video.state(page)).frames };
  const pid = await largestRenderer(own);
  const browserWSEndpoint = own.wsEndpoint();
  await own.disconnect();
  const samples = [];
  for (let minute = 1; minute <= kMinutes; minute++) {
    await new Promise((resolve) => setTimeout(resolve, 60_000));
    samples.push(residentMB(pid));
  }
  const again = await puppeteer.connect({ browserWSEndpoint });
  const same = (await again.pages()).find((candidate) => candidate.url().includes('/t/'));
  const [heap, { frames }] = [await heapMB(same), await video.state(same)];
  await again.disconnect();
  console.log(`process in MB by minute: ${samples.map((mb) => mb.toFixed(0)).join(' ')}; heap ${before.heap.toFixed(1)} MB before, ${heap.toFixed(1)} MB after; ${frames - before.frames} frames shown`);
  assert.ok(frames - before.frames > kMinutes * 60 * 20, 'the film went on');
  assert.ok(heap < before.heap + 5, 'the heap grows');
  assert.ok(samples.at(-1) < samples[1] * 1.1 + 10, 'the process grows');
});
