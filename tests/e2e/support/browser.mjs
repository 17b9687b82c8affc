// Browsers from the system's packages, and what the tests ask of a page.
import puppeteer from 'puppeteer-core';

// Nothing moves for the sake of moving: what is seen does not depend on the moment.
const kBrowsers = {
  chrome: {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--force-prefers-reduced-motion', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  },
  // A click of WebDriver does not always count as the user's in a Firefox that has just started (navigator.userActivation stays
  // false); then it refuses to play. What the page does about a refusal has a test of its own.
  firefox: { executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr', extraPrefsFirefox: { 'media.autoplay.default': 0, 'ui.prefersReducedMotion': 1 } },
};

/** The browsers to test: both, unless $BROWSERS names fewer. */
export const browserNames = (process.env.BROWSERS ?? 'chrome,firefox').split(',');

/**
 * How long anything may take before it counts as not happening, in ms. Far above what it takes on an idle machine: a busy one
 * with two cores must not fail a test. How fast things are is reported by the speed spec.
 */
export const kPatienceMs = 120_000;

export function launch(browser = 'chrome', ...moreArgs) {
  const { args = [], ...more } = kBrowsers[browser];
  return puppeteer.launch({ browser, headless: true, acceptInsecureCerts: true, timeout: kPatienceMs, protocolTimeout: 2 * kPatienceMs, args: [...args, ...moreArgs], ...more });
}

/** A page of a fresh profile (or of `context`) that remembers what went wrong in it and what it asked for. */
export async function openPage(browser, url, { width = 1280, height = 800, features = [], before, context } = {}) {
  const page = await (context ?? (await browser.createBrowserContext())).newPage();
  page.setDefaultTimeout(kPatienceMs);
  page.setDefaultNavigationTimeout(kPatienceMs);
  page.problems = [];
  page.requests = [];
  page.on('pageerror', (error) => page.problems.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && page.problems.push(message.text()));
  page.on('request', (request) => page.requests.push(request.url()));
  await setSize(page, width, height);
  if (features.length > 0) await page.emulateMediaFeatures(features);
  if (before) await page.evaluateOnNewDocument(before);
  if (url) await page.goto(url);
  return page;
}

/** Older releases of Firefox take the size and then refuse the screen's orientation, which nothing here depends on. */
export const setSize = (page, width, height) =>
  page.setViewport({ width, height }).catch((error) => {
    if (!/unknown command/.test(error.message)) throw error;
  });

export const video = {
  state: (page) =>
    page.$eval('video', (v) => ({
      time: v.currentTime, paused: v.paused, height: v.videoHeight, ready: v.readyState, frames: v.getVideoPlaybackQuality().totalVideoFrames,
      audioBytes: v.webkitAudioDecodedByteCount ?? v.mozHasAudio, error: v.error?.message ?? '',
      cues: [...v.textTracks].filter((track) => track.mode === 'showing').flatMap((track) => [...(track.activeCues ?? [])].map((cue) => cue.text)),
    })),
  /** Waits until the film has gone on for a good half second past `after`; what it did instead is part of the failure. */
  playing: (page, after = 0) =>
    page
      .waitForFunction((from) => { const v = document.querySelector('video'); return v && !v.seeking && v.readyState >= 3 && v.currentTime > from + 0.5; }, { polling: 50 }, after)
      .catch(async (cause) => {
        throw new Error(`The film does not play past ${after} s. ${await whatIsSeen(page)}`, { cause });
      }),
  seek: (page, seconds) => page.$eval('video', (v, to) => (v.currentTime = to), seconds),
};

/** What there is to see and to hear in a page, for the message of a failure. */
export async function whatIsSeen(page) {
  const seen = await page
    .evaluate(() => {
      const v = document.querySelector('video');
      const ranges = v && Array.from({ length: v.buffered.length }, (_, i) => `${v.buffered.start(i).toFixed(1)}-${v.buffered.end(i).toFixed(1)}`).join(' ');
      const film = v && { time: v.currentTime, paused: v.paused, seeking: v.seeking, ended: v.ended, rate: v.playbackRate, ready: v.readyState, buffered: ranges, height: v.videoHeight, error: v.error?.message };
      return { film, says: [...document.querySelectorAll('[role=alert], .stage-note, [data-testid=locked] h2')].map((element) => element.innerText) };
    })
    .catch((error) => ({ gone: String(error) }));
  const last = (page.requests ?? []).slice(-8).map((url) => new URL(url).pathname.slice(0, 24));
  return JSON.stringify({ ...seen, problems: page.problems, lastRequests: last });
}

export const press = async (page, selector) => {
  await page.waitForSelector(selector, { visible: true });
  await page.$eval(selector, (element) => element.scrollIntoView({ block: 'center' }));
  await page.click(selector);
};

/** Accepts the promise of an opened goodwill step. */
export const agree = (page, scope = '') => press(page, `${scope} .step[data-requirement=goodwill_ack] .step-body .button-main`.trim());

export const textOf = (page, selector) => page.$eval(selector, (element) => element.innerText);
/** Waits for words in an element; what it says instead is part of the failure. */
export const waitForText = (page, selector, words) =>
  page.waitForFunction((where, what) => document.querySelector(where)?.innerText.includes(what), {}, selector, words).catch(async (cause) => {
    const found = await page.$$eval(selector, (all) => all.map((element) => element.innerText).join('\n'));
    throw new Error(`"${words}" is not in ${selector}, which says: ${found}`, { cause });
  });

/** The colour in the middle of a picture that the page shows. */
export const shownColour = (page, selector) =>
  page.$eval(selector, (image) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
    const context = canvas.getContext('2d');
    context.drawImage(image, image.naturalWidth / 2, image.naturalHeight / 2, 1, 1, 0, 0, 1, 1);
    const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
    return red > 200 && green < 60 && blue < 60 ? 'red' : `rgb(${red} ${green} ${blue})`;
  });
