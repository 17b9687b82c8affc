// What the page keeps and tells: keys that cannot leave, nothing in the clear, no request to anybody else.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { agree, launch, openPage, press, video } from '../../support/browser.mjs';
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

async function watchSome() {
  const page = await openPage(browser, world.node.url + world.titlePath('mixed'));
  await press(page, '.way[data-path=goodwill] .button');
  await agree(page);
  await video.playing(page);
  return page;
}

/** Everything in IndexedDB, with keys tried for export, and local and session storage. */
const lookInside = (page) =>
  page.evaluate(async () => {
    const latin = (bytes) => Array.from(bytes, (b) => String.fromCharCode(b)).join('');
    const found = { exported: [], keys: 0, texts: [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), document.cookie] };
    const walk = async (value) => {
      if (value instanceof CryptoKey) {
        found.keys++;
        if (value.type === 'public') return;
        for (const format of ['raw', 'jwk', 'pkcs8']) await crypto.subtle.exportKey(format, value).then(() => found.exported.push(format), () => undefined);
      } else if (value instanceof Uint8Array) found.texts.push(latin(value));
      else if (value && typeof value === 'object') for (const inner of Object.values(value)) await walk(inner);
      else found.texts.push(String(value));
    };
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise((resolve) => (indexedDB.open(name).onsuccess = (event) => resolve(event.target.result)));
      for (const store of database.objectStoreNames) {
        const all = (method) => new Promise((resolve) => (database.transaction(store).objectStore(store)[method]().onsuccess = (event) => resolve(event.target.result)));
        for (const key of await all('getAllKeys')) found.texts.push(String(key));
        for (const value of await all('getAll')) await walk(value);
      }
      database.close();
    }
    return found;
  });

test('private keys cannot be exported, and nothing lies in the clear', async () => {
  const page = await watchSome();
  const inside = await lookInside(page);
  assert.ok(inside.keys >= 4, `keys found: ${inside.keys}`);
  assert.deepEqual(inside.exported, []);
  const all = inside.texts.join('\n');
  assert.ok(all.length > 1000);
  for (const secret of [world.titles.mixed, 'goodwill', 'eyJ', 'Film mixed']) assert.ok(!all.includes(secret), `"${secret}" is in the clear`);
});

test('grants and keys are in no URL and no console, and all requests stay at home', async () => {
  const page = await watchSome();
  for (const url of page.requests) {
    assert.ok(url.startsWith(`${world.node.url}/`) || url.startsWith(`blob:${world.node.url}`) || url.startsWith('data:'), url);
    assert.ok(!url.includes('eyJ') && !url.includes('?key'), url);
  }
  assert.deepEqual(page.problems, []);
});

test('two titles are unlocked with two keys', async () => {
  const jkts = new Set();
  const page = await openPage(browser);
  page.on('request', (request) => {
    const proof = request.headers()['dpop'];
    if (proof) jkts.add(JSON.parse(Buffer.from(proof.split('.')[0], 'base64url')).jwk.x);
  });
  for (const name of ['mixed', 'open']) {
    await page.goto(world.node.url + world.titlePath(name));
    await press(page, '[data-testid=play]');
    await video.playing(page);
  }
  assert.equal(jkts.size, 2);
});

test('the content security policy is strict for scripts', async () => {
  const { headers } = await fetch(`${world.node.url}/`);
  const policy = headers.get('content-security-policy');
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /script-src 'self'(;|$)/);
  assert.match(policy, /worker-src 'self'(;|$)/);
  assert.match(policy, /connect-src 'self'(;|$)/);
  const page = await openPage(browser, `${world.node.url}/`);
  const ran = await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.injected = true';
    document.head.append(script);
    return window.injected === true;
  });
  assert.equal(ran, false);
});

test('the sign-in secret leaves the address bar before anything else', async () => {
  const link = await world.node.link();
  const page = await openPage(browser, link);
  await page.waitForSelector('.titles');
  assert.ok(!page.url().includes(link.split('#')[1]));
  assert.ok(!page.requests.some((url) => !url.startsWith(link) && url.includes(link.split('#')[1])));
  const again = await openPage(browser, link);
  await again.waitForSelector('.inline-failure[data-reason=link_used]');
});
