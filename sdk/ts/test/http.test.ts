import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import { Http } from '../src/http.ts';
import { makePersonKey } from '../src/keys.ts';
import { json, problem } from './support.ts';

test('a signed request carries a proof that jose verifies, and takes a fresh nonce', async () => {
  const seen: { headers: Headers; body: Uint8Array }[] = [];
  const http = new Http('http://node.test', async (_url, init) => {
    seen.push({ headers: new Headers(init?.headers), body: init?.body as Uint8Array });
    return seen.length === 1
      ? problem('use_dpop_nonce', 401, {}, { 'DPoP-Nonce': 'n1' })
      : json({ fine: true }, 200, { 'DPoP-Nonce': 'n2' });
  });
  const key = await makePersonKey(0);
  assert.deepEqual(await http.call('/v1/keys/request', { body: { a: 1 }, key, token: 'tok' }), { fine: true });
  assert.equal(seen.length, 2);
  const { headers, body } = seen[1]!;
  const proof = headers.get('DPoP')!;
  const { jwk, typ } = decodeProtectedHeader(proof);
  const { payload } = await jwtVerify(proof, await importJWK(jwk!, 'EdDSA'), { algorithms: ['EdDSA'] });
  assert.equal(typ, 'dpop+jwt');
  assert.deepEqual(Object.keys(jwk!).sort(), ['crv', 'kty', 'x']);
  assert.equal(payload.htu, 'http://node.test/v1/keys/request');
  assert.equal(payload.htm, 'POST');
  assert.equal(payload.nonce, 'n1');
  assert.equal(payload.htd, createHash('sha256').update(body).digest('base64url'));
  assert.equal(payload.ath, createHash('sha256').update('tok').digest('base64url'));
  assert.equal(headers.get('Idempotency-Key'), seen[0]!.headers.get('Idempotency-Key'));
});

test('a request that the browser sent twice goes out again with a proof of its own, once', async () => {
  const proofs: (string | null)[] = [];
  const keys: (string | null)[] = [];
  let refusals = 1;
  const http = new Http('http://node.test', async (_url, init) => {
    proofs.push(new Headers(init?.headers).get('DPoP'));
    keys.push(new Headers(init?.headers).get('Idempotency-Key'));
    return refusals-- > 0 ? problem('replayed_proof', 401) : json({ fine: true });
  });
  const key = await makePersonKey(0);
  assert.deepEqual(await http.call('/v1/media', { body: {}, key }), { fine: true });
  assert.notEqual(proofs[0], proofs[1]);
  assert.equal(keys[0], keys[1], 'the node knows it as the same intent');
  refusals = 2;
  await assert.rejects(http.call('/v1/media', { body: {}, key }), { reason: 'replayed_proof' });
});

test('a problem becomes an error with its reason', async () => {
  const unmet = [{ path: 'goodwill', reason: 'not_proven' }];
  const http = new Http('http://node.test', async () =>
    problem('policy_unmet', 403, { unmet }, { 'Retry-After': '7' }),
  );
  await assert.rejects(http.call('/v1/x'), { reason: 'policy_unmet', status: 403, unmet, retryAfterSeconds: 7 });
});

test('the wait is the one of the body, and a short one is waited for', async () => {
  const waits: number[] = [];
  const pause = async (seconds: number) => void waits.push(seconds);
  const answers = [
    problem('database_busy', 503, { retry_after_s: 2 }, { 'Retry-After': '9' }),
    problem('request_in_progress', 409, { retry_after_s: 1 }),
    json({ fine: true }),
  ];
  const http = new Http('http://node.test', async () => answers.shift()!, pause);
  assert.deepEqual(await http.call('/v1/x', { body: {} }), { fine: true });
  assert.deepEqual(waits, [2, 1]);

  let asked = 0;
  const refuse = (reason: string, status: number, wait: number) =>
    new Http('http://node.test', async () => (asked++, problem(reason, status, { retry_after_s: wait })), pause);
  await assert.rejects(refuse('too_many_codes', 429, 541).call('/v1/x'), {
    reason: 'too_many_codes',
    retryAfterSeconds: 541,
  });
  await assert.rejects(refuse('database_busy', 503, 60).call('/v1/x'), { retryAfterSeconds: 60 });
  assert.equal(asked, 2);
  await assert.rejects(refuse('database_busy', 503, 2).call('/v1/x'), { reason: 'database_busy' });
  assert.equal(asked, 5);
});

test('a refused HEAD, which can say nothing, goes out again with the nonce that came with it, once', async () => {
  const statuses = [401, 200];
  const http = new Http(
    'http://node.test',
    async () => new Response(null, { status: statuses.shift() ?? 401, headers: { 'DPoP-Nonce': 'n' } }),
  );
  const head = { method: 'HEAD', url: '/v1/uploads/1', headers: new Headers(), again: ['use_dpop_nonce'] };
  assert.equal((await http.exchange(head)).status, 200);
  await assert.rejects(http.exchange(head), { reason: 'use_dpop_nonce', status: 401 });
});

test('an answer that is no problem document keeps its status; no answer is its own reason', async () => {
  await assert.rejects(
    new Http('http://node.test', async () => new Response('<html>', { status: 502 })).call('/v1/x'),
    { reason: 'http_502' },
  );
  await assert.rejects(
    new Http('http://node.test', () => Promise.reject(new TypeError('fetch failed'))).call('/v1/x'),
    { reason: 'unreachable' },
  );
});

test('the clock of the node is followed', async () => {
  const ahead = new Date(Date.now() + 600_000).toUTCString();
  const http = new Http('http://node.test', async () => json({}, 200, { Date: ahead }));
  await http.call('/v1/node');
  assert.ok(Math.abs(http.now() - Date.now() / 1000 - 600) < 3);
});

test('private keys cannot be taken out', async () => {
  const key = await makePersonKey(0);
  for (const secret of [key.privateKey, key.decryptionKey]) {
    for (const format of ['jwk', 'pkcs8'] as const) await assert.rejects(crypto.subtle.exportKey(format, secret));
  }
});
