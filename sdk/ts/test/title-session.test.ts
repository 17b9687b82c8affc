// A viewer against a fake node that grants as told; keys are looked at, not film.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Http } from '../src/http.ts';
import { makePersonKey, PersonKeys } from '../src/keys.ts';
import type { SegmentLoader } from '../src/segment-client.ts';
import { MemoryStore, Vault } from '../src/store.ts';
import { policyHash } from '../src/title.ts';
import { TitleSession } from '../src/title-session.ts';
import type { OfferPath, TitleRecord } from '../src/wire.ts';
import { coverOf, json, makeSigner, newId, payloadOf, problem, sealTo, type Signer, vectors } from './support.ts';

const kForever = new AbortController().signal;
const leaf = { requirement: 'goodwill_ack', key: '0123456789abcdef' };
const preview: OfferPath = { id: 'preview', open: true, grants: { slots: [0, 3], key_groups: ['sd'], ttl_s: 3600 } };
const goodwill: OfferPath = {
  id: 'goodwill',
  open: false,
  requires: leaf,
  grants: { slots: [0, 11], key_groups: ['sd'], window_slots: 4 },
};

interface KeyRequest {
  path: string;
  slots: [number, number];
  encryption_key: JsonWebKey;
  attestations?: string[];
  unlock?: string;
}

class FakeNode {
  readonly agent: Signer = makeSigner();
  readonly requests: KeyRequest[] = [];
  readonly record: TitleRecord;
  refuse: ((request: KeyRequest) => Response | undefined) | undefined;
  change: (claims: Record<string, unknown>) => Record<string, unknown> = (claims) => claims;
  groups: Record<string, unknown> | undefined;
  sealTo: JsonWebKey | undefined;
  ttl = 3600;

  constructor() {
    const payload = payloadOf(vectors.records.first) as unknown as TitleRecord;
    this.record = { ...payload, agent: { ...payload.agent, signer: this.agent.did } };
  }

  readonly fetch = async (url: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const body = (init?.body ? JSON.parse(new TextDecoder().decode(init.body as Uint8Array)) : {}) as KeyRequest;
    const proof = new Headers(init?.headers).get('DPoP');
    const jkt = proof ? await this.#jktOf(proof) : '';
    switch (new URL(url instanceof Request ? url.url : url).pathname) {
      case '/v1/requirements/offer':
        return json({
          title_id: this.record.title_id,
          revision: 1,
          policy_hash: '',
          slots: 11,
          duration_ms: 44000,
          paths: [preview, goodwill],
        });
      case '/v1/actions/complete':
        return json({
          attestation: this.agent.sign('swarma-attestation+jwt', {
            subject: jkt,
            title_id: this.record.title_id,
            trust: 1,
            exp: 9e9,
            attestation_id: newId(),
          }),
        });
      case '/v1/keys/request':
        return this.#grant(body, jkt);
      default:
        return problem('not_found', 404);
    }
  };

  async #grant(body: KeyRequest, jkt: string): Promise<Response> {
    this.requests.push(body);
    const refusal = this.refuse?.(body);
    if (refusal) return refusal;
    const now = Math.floor(Date.now() / 1000);
    const grantId = newId();
    const keys = await sealTo(this.sealTo ?? body.encryption_key, {
      grant_id: grantId,
      groups: this.groups ?? { sd: coverOf(...body.slots) },
    });
    const claims = {
      grant_id: grantId,
      unlock_id: newId(),
      title_id: this.record.title_id,
      revision: 1,
      slots: body.slots,
      key_groups: ['sd'],
      keys,
      policy_hash: await policyHash(this.record.policy),
      path: body.path,
      aud: jkt,
      iat: now,
      exp: now + this.ttl,
      unlock_until: now + 86400,
    };
    return json({ grant: this.agent.sign('swarma-grant+jwt', this.change(claims)) });
  }

  async #jktOf(proof: string): Promise<string> {
    const { calculateJwkThumbprint, decodeProtectedHeader } = await import('jose');
    return calculateJwkThumbprint(decodeProtectedHeader(proof).jwk!);
  }
}

class FakeLoader implements SegmentLoader {
  added = 0;
  addKeys(): void {
    this.added++;
  }
  dropExpired(): void {}
  loadSegment(): never {
    throw new Error('not used');
  }
  loadBlob(): never {
    throw new Error('not used');
  }
  close(): void {}
}

function open(node: FakeNode, store = new MemoryStore()): TitleSession {
  const vault = new Vault(store);
  return new TitleSession(node.record, new FakeLoader(), {
    http: new Http('http://node.test', node.fetch),
    vault,
    keys: new PersonKeys(store, vault),
  });
}

test('an open path gives its keys without an act of the viewer', async () => {
  const node = new FakeNode();
  const session = open(node);
  await session.waitForKey('sd', 1, kForever);
  assert.deepEqual(
    node.requests.map(({ path, slots }) => [path, slots]),
    [['preview', [0, 3]]],
  );
  assert.ok(session.covers('sd', 2) && !session.covers('sd', 3));
});

test('a locked slot waits, says so, and goes on once unlocked', async () => {
  const node = new FakeNode();
  const session = open(node);
  const locked = new Promise<number>((resolve) =>
    session.subscribe((event) => event.kind === 'locked' && resolve(event.slot)),
  );
  const waiting = session.waitForKey('sd', 5, kForever);
  assert.equal(await locked, 5);
  await session.actions.complete(leaf, 'action', { accepted: true });
  await session.unlock(goodwill, 5);
  await waiting;
  assert.deepEqual(node.requests.at(-1)?.slots, [5, 9]);
  assert.equal((await session.heldProofs()).size, 0, 'a proof is used once');
});

test('an unlock rolls on with the last grant, and survives a reload', async () => {
  const node = new FakeNode();
  const store = new MemoryStore();
  const session = open(node, store);
  await session.actions.complete(leaf, 'action', { accepted: true });
  await session.unlock(goodwill, 3);
  await session.waitForKey('sd', 7, kForever);
  assert.ok(node.requests.at(-1)?.unlock);

  const reloaded = open(node, store);
  await reloaded.waitForKey('sd', 10, kForever);
  assert.ok(node.requests.at(-1)?.unlock);
  assert.deepEqual(
    (await reloaded.heldUnlocks()).map(({ path }) => path),
    ['goodwill'],
  );
});

test('what is kept shows neither title nor grant', async () => {
  class Spy extends MemoryStore {
    readonly seen: unknown[] = [];
    override async put(name: string, value: unknown): Promise<void> {
      this.seen.push(name, value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value);
      await super.put(name, value);
    }
  }
  const node = new FakeNode();
  const store = new Spy();
  const session = open(node, store);
  await session.waitForKey('sd', 0, kForever);
  const texts = store.seen.filter((entry) => typeof entry === 'string').join('\n');
  assert.ok(texts.length > 500);
  assert.ok(!texts.includes(node.record.title_id) && !texts.includes('preview') && !texts.includes('eyJ'));
});

test('an unlock that is taken away is reported and the slot is locked again', async () => {
  const node = new FakeNode();
  const session = open(node);
  await session.actions.complete(leaf, 'action', { accepted: true });
  await session.unlock(goodwill, 3);
  node.refuse = (request) => (request.path === 'goodwill' ? problem('unlock_revoked', 403) : undefined);
  const events: string[] = [];
  session.subscribe((event) => events.push(event.kind === 'lost' ? event.error.reason : event.kind));
  const abort = new AbortController();
  const waiting = session.waitForKey('sd', 9, abort.signal);
  while (!events.includes('locked')) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(events.includes('unlock_revoked'));
  assert.deepEqual(await session.heldUnlocks(), []);
  abort.abort();
  await assert.rejects(waiting, { reason: 'aborted' });
});

for (const [what, change, reason] of [
  ['another viewer', { aud: 'somebody' }, 'grant_wrong_viewer'],
  ['another title', { title_id: 'aaaa' }, 'grant_wrong_title'],
  ['another revision', { revision: 2 }, 'grant_old_revision'],
  ['other terms', { policy_hash: 'x' }, 'grant_other_policy'],
  ['the past', { exp: 5 }, 'grant_expired'],
  ['slots that do not exist', { slots: [0, 99] }, 'grant_forged'],
  ['other keys', { grant_id: 'x' }, 'grant_forged'],
] as const) {
  test(`a grant for ${what} is refused`, async () => {
    const node = new FakeNode();
    node.change = (claims) => ({ ...claims, ...change });
    const session = open(node);
    await session.actions.complete(leaf, 'action', { accepted: true });
    await assert.rejects(session.unlock(goodwill, 3), { reason });
    assert.equal(session.covers('sd', 3), false);
  });
}

for (const [what, groups] of [
  ['more than the slots it names', { sd: coverOf(3, 9) }],
  ['less than the slots it names', { sd: coverOf(3, 6) }],
  ['the slots in another order', { sd: coverOf(3, 7).reverse() }],
  ['the slots in more pieces than needed', { sd: [3, 4, 5, 6].flatMap((slot) => coverOf(slot, slot + 1)) }],
  ['a key group that it does not name', { hd: coverOf(3, 7) }],
  ['key groups beside the one it names', { sd: coverOf(3, 7), hd: coverOf(3, 7) }],
  ['nothing', {}],
] as const) {
  test(`a grant whose keys open ${what} is forged`, async () => {
    const node = new FakeNode();
    node.groups = groups;
    const session = open(node);
    await session.actions.complete(leaf, 'action', { accepted: true });
    await assert.rejects(session.unlock(goodwill, 3), { reason: 'grant_forged' });
    assert.equal(session.covers('sd', 3), false);
  });
}

test('a grant whose keys are sealed to another key is refused', async () => {
  const node = new FakeNode();
  const other = await makePersonKey(0);
  node.sealTo = other.encryptionJwk;
  const session = open(node);
  await session.actions.complete(leaf, 'action', { accepted: true });
  await assert.rejects(session.unlock(goodwill, 3), { reason: 'grant_not_for_this_key' });
});

test('a grant signed by somebody else is refused', async () => {
  const node = new FakeNode();
  const session = open(node);
  await session.actions.complete(leaf, 'action', { accepted: true });
  Object.assign(node, { agent: makeSigner() });
  await assert.rejects(session.unlock(goodwill, 3), { reason: 'grant_forged' });
});
