// Uploads from a page of another origin, by two clients of tus that are not ours: the node dies in the middle, answers get lost,
// the page is closed, and nothing is sent twice or lost.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { browserNames, kPatienceMs, launch, openPage } from '../../support/browser.mjs';
import { serveElsewhere } from '../../support/elsewhere.mjs';
import { LyingNode } from '../../support/lying-node.mjs';
import { openWorld } from '../../support/program.mjs';

const film = randomBytes(3_000_001); // twelve chunks, the last one short
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

const kSlowMs = 200; // for every chunk, so that there is something to interrupt

let world, line, elsewhere;
before(async () => {
  world = await openWorld();
  line = await LyingNode.start(world.node);
  elsewhere = await serveElsewhere(film);
});
after(async () => {
  await elsewhere.close();
  await line.close();
  await world.close();
});

for (const name of browserNames)
  describe(name, () => {
    let browser;
    before(async () => void (browser = await launch(name)));
    after(() => browser.close());
    for (const client of ['tus-js-client', 'uploady']) test(`${name}: ${client} uploads through everything that happens on the way`, () => uploads(browser, client));
  });

async function uploads(browser, client) {
  const page = await openPage(browser, elsewhere.url);
  let answered = 0;
  line.lie = async (_path, _body, request, status) => {
    if (request.method !== 'PATCH' || status !== 204) return;
    if (answered++ === 1) request.socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, kSlowMs));
  };
  await begin(page, client);
  const seen = () => page.evaluate(() => window.seen);
  const accepted = async (wanted) => {
    await page.waitForFunction((n) => window.ended || window.seen.filter(({ method, status }) => method === 'PATCH' && status === 204).length >= n, {}, wanted);
    assert.equal(await page.evaluate(() => window.ended), undefined, `it has ended too early: ${JSON.stringify(await seen())}`);
  };

  // An answer gets lost after the node has taken the chunk: the client has to ask where it stands.
  await accepted(3);
  const asked = (await seen()).filter((answer) => answer.method === 'HEAD');
  assert.ok(asked.length >= 1 && asked.every((answer) => Number(answer.offset) > 0), `it asked for the offset and could read it: ${JSON.stringify(await seen())}`);

  // The node dies and comes back.
  await world.node.kill();
  await world.node.start();
  await accepted(5);
  const sent = Math.max(...(await seen()).map((answer) => Number(answer.offset ?? 0)));

  // The page is closed. Another one goes on where the first one was.
  await page.goto(elsewhere.url);
  line.lie = () => undefined;
  await begin(page, client);
  await page.waitForFunction(() => window.ended, { timeout: kPatienceMs });
  const ended = await page.evaluate(() => window.ended);
  assert.match(ended.address ?? JSON.stringify(ended), /\/v1\/uploads\/[0-9a-f]{32}$/);
  const answers = await seen();
  assert.equal(answers.filter((answer) => answer.method === 'POST').length, 0, 'the second page begins nothing anew');
  assert.ok(Number(answers.find((answer) => answer.method === 'HEAD' && answer.status < 400).offset) >= sent && sent > 0, 'it goes on where the first one was');
  assert.equal(Number(answers.at(-1).offset), film.length);
  for (const answer of answers) assert.ok(answer.version === '1.0.0' && (answer.status >= 400 || answer.method === 'OPTIONS' || Date.parse(answer.expires) > Date.now()), JSON.stringify(answer));
  if (client === 'uploady') assert.match((await page.evaluate(() => sessionStorage.getItem(Object.keys(sessionStorage).find((key) => key.includes('tus_fd'))))) ?? '', /termination/, 'OPTIONS told it what there is');
  assert.ok(held().includes(sha256(film)), 'what arrived is what was sent');
}

/** Signs a page in, and starts the upload. */
async function begin(page, client) {
  await page.waitForFunction(() => window.signIn);
  const link = await world.node.link();
  await page.evaluate((node, where) => window.signIn(node, where), line.url, link);
  await page.evaluate((which, node) => window.sendFilm(which, node), client, line.url);
}

/** Hashes of the files that uploads have become. */
function held() {
  const folder = join(world.node.data, 'blobs', 'uploads');
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => sha256(readFileSync(join(entry.parentPath, entry.name))));
}
