// What a viewer does to meet a requirement, against a fake node that says what it is told to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SwarmaError } from '../src/errors.ts';
import type { Holdings } from '../src/holdings.ts';
import { Http } from '../src/http.ts';
import { makePersonKey } from '../src/keys.ts';
import { MemoryStore, Vault } from '../src/store.ts';
import { ViewerActions } from '../src/viewer-actions.ts';
import { json, makeSigner, problem } from './support.ts';

const kTitle = 'a title';
const leaf = { requirement: 'email_verify', key: '0123456789abcdef' };
const signal = new AbortController().signal;

/** A page of one browser: the vault stays, the page goes. */
class Browser {
  readonly vault = new Vault(new MemoryStore());
  readonly asked: { path: string; body: Record<string, unknown> }[] = [];
  readonly proofs: string[] = [];
  answers: Record<string, (body: Record<string, unknown>) => Response> = {};
  viewer = makePersonKey(0);
  life = 1800;
  #started = 0;

  openPage(): ViewerActions {
    const holdings = {
      viewer: () => this.viewer,
      keepProof: (key: string) => Promise.resolve(void this.proofs.push(key)),
    } as unknown as Holdings;
    const http = new Http('http://node', this.#fetch, () => Promise.resolve());
    return new ViewerActions({
      titleId: kTitle,
      http,
      vault: this.vault,
      holdings,
      onProof: () => undefined,
      pause: () => Promise.resolve(),
    });
  }

  /** The attestation of this viewer. */
  async attestation(): Promise<Response> {
    const claims = { subject: (await this.viewer).jkt, title_id: kTitle, trust: 1, exp: 9e9 };
    return json({ attestation: makeSigner().sign('swarma-attestation+jwt', claims) });
  }

  readonly #fetch = (url: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const path = new URL(url instanceof Request ? url.url : url).pathname;
    const body = JSON.parse(new TextDecoder().decode(init?.body as Uint8Array)) as Record<string, unknown>;
    this.asked.push({ path, body });
    const answer = this.answers[path];
    if (answer) return Promise.resolve(answer(body));
    if (path !== '/v1/actions/start') return this.attestation();
    const action_id = `action-${++this.#started}`;
    const expires_at = Math.floor(Date.now() / 1000) + this.life;
    return Promise.resolve(json({ action_id, requirement: leaf.requirement, challenge: {}, expires_at }));
  };
}

test('an action that was begun is gone on with after the page was closed', async () => {
  const browser = new Browser();
  const { action } = await browser.openPage().open(leaf);
  await browser.openPage().note(leaf, { sent: true });
  const again = await browser.openPage().open<{ sent: boolean }>(leaf);
  assert.deepEqual([again.action.action_id, again.place], [action.action_id, { sent: true }]);
  assert.equal(browser.asked.length, 1);
});

test('it is begun anew when it has ended, and when it belongs to another key', async () => {
  const browser = new Browser();
  browser.life = 5;
  await browser.openPage().open(leaf);
  browser.life = 1800;
  assert.equal(await browser.openPage().find(leaf), undefined);
  await browser.openPage().open(leaf);
  browser.viewer = makePersonKey(0);
  const { action } = await browser.openPage().open(leaf);
  assert.equal(action.action_id, 'action-3');
});

test('a wrong answer leaves the action open, an answer too many ends it', async () => {
  const browser = new Browser();
  const page = browser.openPage();
  const { action } = await page.open(leaf);
  browser.answers['/v1/actions/complete'] = () => problem('wrong_code', 403);
  await assert.rejects(page.complete(leaf, action.action_id, {}), { reason: 'wrong_code' });
  assert.equal((await page.open(leaf)).action.action_id, action.action_id);
  browser.answers['/v1/actions/complete'] = () => problem('too_many_tries', 429);
  await assert.rejects(page.complete(leaf, action.action_id, {}), { reason: 'too_many_tries' });
  assert.equal((await page.open(leaf)).action.action_id, 'action-2');
  delete browser.answers['/v1/actions/complete'];
  await page.complete(leaf, 'action-2', {});
  assert.deepEqual(browser.proofs, [leaf.key]);
  assert.equal(await page.find(leaf), undefined, 'what is done is not done again');
});

test('what comes before the answer is told, and answered', async () => {
  const browser = new Browser();
  const page = browser.openPage();
  const { action } = await page.open(leaf);
  browser.answers['/v1/actions/continue'] = ({ message }) => json({ reply: { heard: message } });
  assert.deepEqual(await page.tell(leaf, action.action_id, { address: 'a@b.example' }), {
    heard: { address: 'a@b.example' },
  });
});

test('what is under way is asked for again until it is there', async () => {
  const browser = new Browser();
  const page = browser.openPage();
  const { action } = await page.open(leaf);
  const refusals = [problem('not_yet', 409), problem('lightning_unreachable', 503), problem('not_yet', 409)];
  const waits: string[] = [];
  const attestation = await browser.attestation();
  browser.answers['/v1/actions/complete'] = () => refusals.shift() ?? attestation;
  const onWaiting = (why: SwarmaError) => void waits.push(why.reason);
  await page.completeInTime(leaf, action.action_id, {}, { signal, onWaiting });
  assert.deepEqual(waits, ['not_yet', 'lightning_unreachable', 'not_yet']);
  browser.answers['/v1/actions/complete'] = () => problem('too_many_tries', 429);
  await assert.rejects(page.completeInTime(leaf, action.action_id, {}, { signal, onWaiting }), {
    reason: 'too_many_tries',
  });
  browser.answers['/v1/actions/complete'] = () => problem('payment_too_small', 403);
  await assert.rejects(page.completeInTime(leaf, action.action_id, {}, { signal, onWaiting }), {
    reason: 'payment_too_small',
  });
  await assert.rejects(page.completeInTime(leaf, action.action_id, {}, { signal: AbortSignal.abort(), onWaiting }), {
    reason: 'aborted',
  });
});
