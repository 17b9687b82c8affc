import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson, fromBase32, fromBase64url, toBase32, toBase64url, toHex } from '../src/encoding.ts';
import { publicKeyOf, thumbprint } from '../src/jose.ts';
import { vectors } from './support.ts';

test('canonical JSON sorts by UTF-16 code units and prints as ECMAScript does', () => {
  const value = {
    '\u20ac': 1,
    '\r': 2,
    '\ufb33': 3,
    '1': 4,
    '\ud83d\ude00': 5,
    '\u0080': 6,
    '\u00f6': 7,
    n: [1e21, 1e-7, -0, 0.000001, 4.5],
    s: '\u0007"\\/é',
  };
  assert.equal(
    canonicalJson(value),
    '{"\\r":2,"1":4,"n":[1e+21,1e-7,0,0.000001,4.5],"s":"\\u0007\\"\\\\/é","\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
  );
  assert.throws(() => canonicalJson(Number.NaN));
  assert.throws(() => canonicalJson('\ud800'));
});

test('base64url has one spelling', () => {
  assert.equal(toBase64url(fromBase64url('AQIDBA')), 'AQIDBA');
  for (const bad of ['AQIDBB', 'AQIDBA==', 'AQ+DBA', 'A', 'AQID BA'])
    assert.throws(() => fromBase64url(bad), { reason: 'answer_bad' });
});

test('base32 has one spelling', () => {
  const id = vectors.title.title_id;
  assert.equal(toBase32(fromBase32(id)), id);
  for (const bad of [id.toUpperCase(), `${id.slice(0, -1)}b`, `${id}a`])
    assert.throws(() => fromBase32(bad), { reason: 'answer_bad' });
});

test('did:key and thumbprint (RFC 8037 A.3)', async () => {
  assert.equal(toBase64url(publicKeyOf(vectors.creator.did)), vectors.creator.x);
  assert.equal(toHex(publicKeyOf(vectors.creator.did)).slice(0, 8), 'd75a9801');
  assert.throws(() => publicKeyOf('did:key:z6LSkdrX4EvewpktHBjvNxRDogPdC5iVF8LT3LPKefGAgi89'), {
    reason: 'answer_bad',
  });
  assert.equal(
    await thumbprint({ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }),
    'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  );
});
