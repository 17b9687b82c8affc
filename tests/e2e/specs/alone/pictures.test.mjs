// Every page and state looks as it did: phone, tablet and desktop, light and dark, from left to right and from right to left,
// against the small references in tests/e2e/pictures/. Chromium alone, because one engine draws the references.
//   UPDATE=1 node tests/e2e/run.mjs pictures      renews the references; look at them before they are committed
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { join } from 'node:path';
import { agree, launch, openPage, press, video } from '../../support/browser.mjs';
import { LyingNode } from '../../support/lying-node.mjs';
import { compare, holdStill, looksOf, nameOf, picture, pose, strayReferences } from '../../support/pictures.mjs';
import { openWorld } from '../../support/program.mjs';

const kElsewhere = 'node.example'; // a name that is not this machine: plain http is no secure context there

let world, liar, browser, blank, studio, catalog;
before(async () => {
  world = await openWorld();
  liar = await LyingNode.start(world.node);
  browser = await launch('chrome', `--host-resolver-rules=MAP ${kElsewhere} 127.0.0.1`, '--hide-scrollbars');
  blank = await browser.newPage();
  catalog = JSON.parse(await (await fetch(`${world.node.url}/v1/catalog/search?q=`)).text());
  const page = await openPage(browser, (await world.node.link()).replace(world.node.url, liar.url));
  await page.waitForSelector('.titles');
  studio = page.browserContext();
});
after(async () => {
  await browser.close();
  await liar.close();
  await world.close();
});

const never = () => new Promise(() => undefined);
const refuse = (status, reason) => ({ status, body: { type: `/problems/${reason}`, detail: reason } });
const path = (name) => world.titlePath(name);
const open = (where, lie, more) => ((liar.lie = lie ?? (() => undefined)), openPage(browser, where.startsWith('http') ? where : liar.url + where, { before: holdStill, ...more }));
async function openIn(where, lie) {
  const page = await open(where, lie, { context: studio });
  await page.waitForSelector('.studio');
  return page;
}
async function openAt(where, selector, lie) {
  const page = await open(where, lie);
  await page.waitForSelector(selector);
  return page;
}

/** A catalog with names of every length and script, made from real entries. */
function fullCatalog() {
  const names = ['The quiet hour', 'Eine ungewöhnlich lange Überschrift über die Donaudampfschifffahrt und ihre Freunde, zweiter Teil', 'رحلة إلى الجبل', 'Flower', 'No poster', 'At the telescope', 'За горами', 'Big Buck Bunny'];
  const summaries = catalog.titles.map((title) => title.policy_summary);
  const titles = names.map((name, i) => {
    const { poster, ...title } = catalog.titles[i % catalog.titles.length];
    return { ...title, title_id: `${'a'.repeat(25)}${String.fromCharCode(97 + i)}`, name, language: ['en', 'de', 'ar', 'en', 'en', 'en', 'ru', 'en'][i], duration_ms: [5, 734, 5400, 61, 3725, 30, 120, 596][i] * 1000, policy_summary: summaries[i % summaries.length], ...(name !== 'No poster' && { poster }) };
  });
  return (asked) => (asked.startsWith('/v1/catalog/search') ? { status: 200, body: { titles: titles.sort((a, b) => a.duration_ms - b.duration_ms), next: 'more' } } : undefined);
}

/** Titles of the studio in an order of their own, with sizes that stay. */
function steadyTitles(asked, body) {
  if (asked !== '/v1/studio/titles') return undefined;
  const titles = JSON.parse(body).titles.sort((a, b) => a.name.localeCompare(b.name));
  return { status: 200, body: { titles: titles.map((title, i) => ({ ...title, bytes: (i + 1) * 7.3e6, unlocks: i * 1204, revision: 1 + (i % 2) })) } };
}

/** Ways that no verifier of this node can check yet, beside those of the title. */
function everyWay(asked, body, _request, status) {
  if (asked !== '/v1/requirements/offer' || status !== 200) return undefined;
  const offer = JSON.parse(body);
  const grants = offer.paths.at(-1).grants;
  const way = (requirement, params) => ({ id: requirement, label: '', open: false, grants, requires: { requirement, params, key: requirement.padEnd(64, '0'), available: false } });
  const more = [way('crypto_payment', { method: 'lightning', amount: '2500' }), way('watch_ad', { seconds: 30 }), way('email_verify', {}), way('social_like', { network: 'nostr' })];
  return { status: 200, body: { ...offer, paths: [...offer.paths, ...more] } };
}

function twoWays(asked, body, _request, status) {
  if (asked !== '/v1/requirements/offer' || status !== 200) return undefined;
  const offer = JSON.parse(body);
  return { status: 200, body: { ...offer, paths: offer.paths.slice(0, 2) } };
}

const isSegment = (asked) => /^\/[0-9a-f]{64}\.m4s$/.test(asked);
const brokenSegments = (asked, body) => (isSegment(asked) ? Buffer.from(body.map((byte, i) => (i === 9 ? byte ^ 1 : byte))) : undefined);

async function choose(name, way, lie) {
  const page = await open(path(name), lie);
  await press(page, `.way[data-path=${way}] .button`);
  await page.waitForSelector('.step');
  return page;
}

async function unlocked(lie) {
  const page = await choose('mixed', 'goodwill', lie);
  await agree(page);
  await video.playing(page);
  await stop(page);
  return page;
}

async function stop(page, at = 10) {
  await page.$eval('video', (v, to) => (v.pause(), (v.currentTime = to)), at);
  await page.waitForFunction(() => !document.querySelector('video').seeking);
  await page.waitForFunction(() => document.querySelector('.announcer').dataset.shown !== 'true');
}

async function locked() {
  const page = await open(path('mixed'));
  await press(page, '[data-testid=play]');
  await video.playing(page);
  await page.$eval('video', (v) => v.pause());
  await video.seek(page, 40);
  await page.waitForSelector('[data-testid=locked]');
  return page;
}

/** The form with an upload that `lie` holds in its state. */
async function uploading(lie, state, film = world.film) {
  const page = await openIn('/studio/new', lie);
  await (await page.waitForSelector('.drop input')).uploadFile(film);
  await page.waitForSelector('.publish-form');
  await page.waitForSelector(`.upload[data-state=${state}]`);
  if (state === 'done') await page.waitForSelector('.check');
  await page.waitForFunction(() => document.querySelector('.poster-choice video')?.readyState >= 1 || !document.querySelector('.poster-choice video'));
  return page;
}

/** Publishing, with what the node says about it. */
async function publishing(job, selector) {
  const words = { media_id: 'a'.repeat(26), name: 'The quiet hour', title_id: world.titles.open, ...job };
  const page = await uploading((asked, _body, request) => {
    if (asked === '/v1/media' && request.method === 'POST') return { status: 202, body: { media_id: words.media_id } };
    if (asked.endsWith('/events')) return { status: 200, body: Buffer.from(`data: ${JSON.stringify(words)}\n\n`) };
    return undefined;
  }, 'done');
  await press(page, '.publish-form [type=submit]');
  await page.waitForSelector(selector);
  return page;
}

/** name → how to get there. With `view`, what is on the screen is taken; otherwise the whole page. */
const kStates = {
  'catalog-full': () => openAt('/', '.card:not(.skeleton)', fullCatalog()),
  'catalog-empty': () => openAt('/', '.empty', (asked) => (asked.startsWith('/v1/catalog/search') ? { status: 200, body: { titles: [] } } : undefined)),
  'catalog-nothing-found': () => openAt('/?q=xyzzy', '.empty'),
  'catalog-loading': () => openAt('/', '.skeleton', (asked) => (asked.startsWith('/v1/catalog/search') ? never() : undefined)),
  'catalog-error': () => openAt('/', '.failure', (asked) => (asked.startsWith('/v1/catalog/search') ? refuse(503, 'http_503') : undefined)),
  'display-menu': { view: true, go: async () => {
    const page = await openAt('/', '.card:not(.skeleton)', fullCatalog());
    await press(page, '[popovertarget=display-menu]');
    return page;
  } },
  'not-found': () => openAt('/nowhere', '.empty'),
  'plain-http': () => openAt(`http://${kElsewhere}:${world.node.port}${path('mixed')}`, '.failure'),

  'title-every-way': () => openAt(path('mixed'), '.way', everyWay),
  'title-free': () => openAt(path('open'), '[data-testid=play]'),
  'title-locked': () => openAt(path('code'), '.way'),
  'title-loading': () => openAt(path('open'), '.title.skeleton', (asked) => (asked.startsWith('/v1/titles/') ? never() : undefined)),
  'title-missing': () => openAt(`/t/${'a'.repeat(26)}`, '.empty'),
  'title-forged': () => openAt(path('open'), '.failure', (asked, body) => (asked.startsWith('/v1/titles/') ? Buffer.from(String(body).replace(/"record":"[^."]+\.[^."]{8}/, (whole) => `${whole.slice(0, -1)}A`)) : undefined)),

  'step-promise': () => choose('mixed', 'goodwill'),
  'step-code-wrong': async () => {
    const page = await choose('code', 'code');
    await page.type('.step .field', 'OPEN-SUSAN');
    await press(page, '.step [type=submit]');
    await page.waitForSelector('.inline-failure');
    return page;
  },
  'step-puzzle': async () => {
    const page = await choose('mixed', 'both');
    await agree(page);
    await page.waitForSelector('.step[data-done=true]');
    const hard = '.step:not([data-done=true])';
    await press(page, `${hard} .button-main`);
    await page.waitForFunction((s) => document.querySelector(`${s} progress`)?.value > 0, {}, hard);
    await press(page, `${hard} .step-body .button`);
    await page.$$eval('.step-body progress + .hint', (all) => all.forEach((hint) => hint.setAttribute('data-fixed', '')));
    return page;
  },
  'step-unlocking': async () => {
    const page = await choose('mixed', 'goodwill', (asked) => (asked === '/v1/keys/request' ? never() : undefined));
    await agree(page);
    await page.waitForSelector('.step-busy');
    return page;
  },
  'step-refused': async () => {
    const page = await choose('mixed', 'goodwill', (asked, _body, request) => (asked === '/v1/keys/request' && request.method === 'POST' ? refuse(403, 'cooldown') : undefined));
    await agree(page);
    await page.waitForSelector('.inline-failure');
    return page;
  },

  'player-unlocked': () => unlocked(),
  'player-settings': { view: true, go: async () => {
    const page = await unlocked();
    await page.$eval('[popovertarget=player-settings]', (button) => button.click());
    return page;
  } },
  'player-details': { view: true, go: async () => {
    const page = await unlocked();
    await page.keyboard.press('i');
    await page.waitForSelector('.stats');
    return page;
  } },
  'player-keyboard': { view: true, go: async () => {
    const page = await unlocked();
    await page.keyboard.press('?');
    await page.waitForSelector('dialog[open]');
    return page;
  } },
  'player-locked': () => locked(),
  'player-locked-step': async () => {
    const page = await locked();
    await press(page, '[data-testid=locked] .way[data-path=goodwill] .button');
    await page.waitForSelector('[data-testid=locked] .step');
    return page;
  },
  'player-failed': { view: true, go: async () => {
    const page = await open(path('open'), brokenSegments);
    await press(page, '[data-testid=play]');
    await page.waitForSelector('.failure');
    return page;
  } },
  'player-node-away': { view: true, go: async () => {
    const page = await open(path('expiring'));
    await press(page, '.way[data-path=goodwill] .button');
    await agree(page);
    await video.playing(page);
    liar.lie = (asked) => (isSegment(asked) ? refuse(503, 'http_503') : undefined);
    await page.$eval('video', (v) => v.pause());
    await video.seek(page, 150);
    await page.waitForSelector('.stage-note');
    return page;
  } },
  'player-impossible': { view: true, go: async () => {
    const page = await open(path('open'), undefined, { before: `(${holdStill})(); delete window.MediaSource; delete window.ManagedMediaSource; delete window.WebKitMediaSource` });
    await press(page, '[data-testid=play]');
    await page.waitForSelector('.failure');
    return page;
  } },

  'studio-sign-in': () => openAt('/studio', '.sign-in'),
  'studio-sign-in-failed': () => openAt('/studio/link#not-a-link', '.inline-failure'),
  'studio-first-run': () => openIn('/studio', (asked) => (asked === '/v1/studio/titles' ? { status: 200, body: { titles: [] } } : undefined)),
  'studio-titles': () => openIn('/studio', steadyTitles),
  'studio-in-progress': () => openIn('/studio', (asked, body) => {
    const job = { media_id: 'a'.repeat(26), state: 'working', stage: 'encode', name: 'The quiet hour', fraction: 0.4 };
    if (asked === '/v1/media') return { status: 200, body: { jobs: [job, { ...job, media_id: 'b'.repeat(26), state: 'queued', name: 'رحلة إلى الجبل' }] } };
    return asked.endsWith('/events') ? never() : steadyTitles(asked, body);
  }),
  'studio-actions': { view: true, go: async () => {
    const page = await openIn('/studio', steadyTitles);
    await press(page, '.actions-button');
    return page;
  } },
  'studio-withdraw': { view: true, go: async () => {
    const page = await openIn('/studio', steadyTitles);
    await press(page, '.actions-button');
    await press(page, '.actions-menu:popover-open .bad');
    await page.waitForSelector('dialog[open]');
    return page;
  } },
  'studio-edit': () => openIn(`/studio/edit/${world.titles.mixed}`),
  'studio-drop': () => openIn('/studio/new'),
  'studio-upload': () => uploading((_asked, _body, request) => (request.method === 'PATCH' ? never() : undefined), 'running'),
  'studio-upload-waiting': () => uploading((_asked, _body, request) => (request.method === 'PATCH' ? refuse(503, 'http_503') : undefined), 'waiting'),
  'studio-upload-failed': () => uploading((_asked, _body, request) => (request.method === 'PATCH' ? refuse(507, 'disk_full') : undefined), 'failed'),
  'studio-form-full': async () => {
    const film = join(world.folder, 'the-door.mp4'); // the form keeps its draft with the file: this one has its own
    copyFileSync(world.film, film);
    const page = await uploading(undefined, 'done', film);
    await page.type('textarea[name=summary]', 'A hand, a door, and what is behind it.');
    await page.select('select.add', 'ar');
    await page.waitForSelector('.other-language');
    await (await page.$('.file-button input')).uploadFile(world.captions);
    await page.waitForSelector('.caption');
    await page.waitForFunction(() => document.querySelector('.check').innerText.match(/English/g)?.length === 2); // sound and captions
    await press(page, '.preset:has(input[value=own])');
    return page;
  },
  'studio-making': () => publishing({ state: 'working', stage: 'encode', fraction: 0.4, speed: 3.2, eta_s: 100 }, '.job'),
  'studio-published': () => publishing({ state: 'done' }, '.published'),
  'studio-failed': () => publishing({ state: 'failed', problem: { type: '/problems/no_video', detail: 'no_video' } }, '.failure'),

  'title-two-ways': () => openAt(path('mixed'), '.way', twoWays),
  'studio-gives-all': async () => {
    const film = join(world.folder, 'all-of-it.mp4');
    copyFileSync(world.film, film);
    const page = await uploading(undefined, 'done', film);
    await page.waitForSelector('.minutes input');
    await page.$eval('.minutes input', (field) => field.select());
    await page.type('.minutes input', '90');
    await page.waitForSelector('.gives-all');
    return page;
  },
  'studio-builder': async () => {
    const page = await openIn(`/studio/edit/${world.titles.mixed}`);
    await press(page, '.publish-form .plain-words .button');
    await press(page, '.way-card[data-way=both] .way-toggle');
    await press(page, '.what-if summary');
    await page.waitForSelector('.decisions [data-met=false]');
    return page;
  },
  'studio-members': () => openIn('/studio/members', (asked, body) => {
    const pass = (n, tier, state, more) => ({ pass_id: `p${n}`, holder: `${n}`.repeat(43), tier, titles: 'all', valid_from: 0, valid_until: 1.8e9, state, ...more });
    if (asked === '/v1/passes') return { status: 200, body: { passes: [pass(1, 'gold', 'valid', { path: 'join' }), pass(2, 'gold', 'revoked', { revoked_at: 1 }), pass(3, 'member', 'expired')] } };
    return steadyTitles(asked, body);
  }),
  'title-agent-away': () => openAt(path('mixed'), '.ways-away', (asked, body) => (asked === '/v1/requirements/offer' ? { status: 200, body: { ...JSON.parse(body), agent: 'away' } } : undefined)),
  'step-payment': async () => {
    const leaf = { requirement: 'crypto_payment', params: { method: 'lightning', amount: '2500' }, key: '0'.repeat(16), available: true };
    const invoice = `lnbc25u1${'qpzry9x8gf2tvdw0s3jn54khce6mua7l'.repeat(6)}`;
    const challenge = { method: 'lightning', invoice, amount_msat: 2_500_000, payee: `02${'ab'.repeat(32)}`, uri: `lightning:${invoice}`, expires_at: 4e9 };
    const page = await open(path('code'), (asked, body, _request, status) => {
      if (asked === '/v1/requirements/offer' && status === 200) return { status, body: { ...JSON.parse(body), paths: [{ ...JSON.parse(body).paths[0], requires: leaf }] } };
      if (asked === '/v1/actions/start') return { status: 200, body: { action_id: 'a', requirement: 'crypto_payment', challenge, expires_at: 4e9 } };
      return asked === '/v1/actions/complete' ? never() : undefined;
    });
    await press(page, '.way .button-main');
    await press(page, '.step-body .button-main');
    await page.waitForSelector('.qr path');
    return page;
  },
};

const names = Object.keys(kStates);
for (const [place, name] of names.entries()) {
  test(`${name} looks as it did`, async () => {
    const { go = kStates[name], view = false } = kStates[name];
    const page = await go();
    const differences = [];
    for (const look of looksOf(place)) {
      await pose(page, look);
      const difference = await compare(blank, nameOf(name, look), await picture(page, view));
      if (difference) differences.push(difference);
    }
    await page.close();
    assert.ok(differences.length === 0, differences.join('\n'));
  });
}

test('no reference is left without its state', () => {
  assert.deepEqual(strayReferences(new Set(names.flatMap((name, place) => looksOf(place).map((look) => nameOf(name, look))))), []);
});
