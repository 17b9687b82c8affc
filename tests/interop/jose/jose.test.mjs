// The npm package jose reads what the node makes, and the node accepts what jose makes.
// The node's side is the program in $SWARMA_JOSE_PEER (emit.cpp).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { before, describe, test } from 'node:test';
import {
  CompactEncrypt, EmbeddedJWK, SignJWT, base64url, calculateJwkThumbprint, compactDecrypt, compactVerify, decodeProtectedHeader,
  exportJWK, generateKeyPair, importJWK, jwtVerify,
} from 'jose';

const peer = process.env.SWARMA_JOSE_PEER;
assert.ok(peer, 'SWARMA_JOSE_PEER must name the program interop_jose_peer');

const text = (bytes) => new TextDecoder().decode(bytes);
const bytes = (string) => new TextEncoder().encode(string);
const sha256 = (string) => createHash('sha256').update(string).digest('base64url');
/** What the node's side says to each of these. */
const ask = (...questions) => JSON.parse(execFileSync(peer, ['check'], { input: JSON.stringify(questions) }));
/** The same token with one bit of its last part flipped. */
const forged = (token) => {
  const parts = token.split('.');
  const last = base64url.decode(parts.at(-1));
  last[5] ^= 1;
  return [...parts.slice(0, -1), base64url.encode(last)].join('.');
};

let made;
before(() => { made = JSON.parse(execFileSync(peer, ['emit'])); });

describe('what the node signs', () => {
  for (const kind of ['title', 'attestation', 'grant', 'token']) {
    test(`${kind} verifies`, async () => {
      const key = await importJWK(made.creator.jwk, 'EdDSA');
      const { payload, protectedHeader } = await compactVerify(made.signed[kind], key, { algorithms: ['EdDSA'] });
      assert.deepEqual(protectedHeader, { alg: 'EdDSA', kid: made.creator.did, typ: `swarma-${kind}+jwt` });
      const claims = JSON.parse(text(payload));
      if (kind !== 'token') assert.equal(claims.title_id, made.title_id);
    });

    test(`${kind} is refused under another key or with a flipped bit`, async () => {
      const key = await importJWK(made.creator.jwk, 'EdDSA');
      const other = await importJWK(made.viewer.jwk, 'EdDSA');
      const failed = { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' };
      await assert.rejects(compactVerify(made.signed[kind], other), failed);
      await assert.rejects(compactVerify(forged(made.signed[kind]), key), failed);
    });
  }

  for (const kind of ['attestation', 'grant', 'token']) {
    test(`${kind} is a JWT with a life`, async () => {
      const key = await importJWK(made.creator.jwk, 'EdDSA');
      const options = { typ: `swarma-${kind}+jwt`, algorithms: ['EdDSA'], requiredClaims: ['exp'] };
      await jwtVerify(made.signed[kind], key, { ...options, currentDate: new Date(made.now * 1000) });
      const late = { ...options, currentDate: new Date((made.now + 1e6) * 1000) };
      await assert.rejects(jwtVerify(made.signed[kind], key, late), { code: 'ERR_JWT_EXPIRED' });
      const other = { ...options, typ: 'swarma-other+jwt', currentDate: new Date(made.now * 1000) };
      await assert.rejects(jwtVerify(made.signed[kind], key, other), { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' });
    });
  }

  test('names keys by the same thumbprint', async () => {
    assert.equal(await calculateJwkThumbprint(made.viewer.jwk), made.viewer.jkt);
    assert.equal(await calculateJwkThumbprint(made.creator.jwk), made.creator.jkt);
  });
});

describe('what the node seals', () => {
  const cover = (nodes) => nodes.flatMap(({ level, index }) => {
    const width = 2 ** (7 - level);  // 100 slots: a tree of depth 7
    return Array.from({ length: width }, (_, i) => index * width + i);
  });

  test("the grant's keys open with a viewer's key that cannot be extracted", async () => {
    const key = await importJWK(made.viewer_decryption, 'ECDH-ES+A256KW', { extractable: false });
    assert.equal(key.extractable, false);
    const verified = await compactVerify(made.signed.grant, await importJWK(made.creator.jwk, 'EdDSA'));
    const grant = JSON.parse(text(verified.payload));
    assert.equal(grant.aud, made.viewer.jkt);
    const { plaintext, protectedHeader } = await compactDecrypt(grant.keys, key);
    assert.equal(protectedHeader.alg, 'ECDH-ES+A256KW');
    assert.equal(protectedHeader.enc, 'A256GCM');
    const keys = JSON.parse(text(plaintext));
    assert.equal(keys.grant_id, grant.grant_id);
    assert.deepEqual(Object.keys(keys.groups).sort(), ['hd', 'sd']);
    for (const nodes of Object.values(keys.groups)) {
      assert.deepEqual(cover(nodes), Array.from({ length: 14 }, (_, i) => i + 3));
      for (const node of nodes) assert.equal(base64url.decode(node.key).length, 32);
    }
  });

  test("the title secret opens with the key agent's key only", async () => {
    const { plaintext, protectedHeader } = await compactDecrypt(made.sealed, await importJWK(made.agent_decryption, 'ECDH-ES+A256KW'));
    assert.equal(protectedHeader.typ, 'swarma-sealed+jwe');
    assert.equal(JSON.parse(text(plaintext)).title_secret, made.title_secret);
    const failed = { code: 'ERR_JWE_DECRYPTION_FAILED' };
    await assert.rejects(compactDecrypt(made.sealed, await importJWK(made.viewer_decryption, 'ECDH-ES+A256KW')), failed);
    await assert.rejects(compactDecrypt(forged(made.sealed), await importJWK(made.agent_decryption, 'ECDH-ES+A256KW')), failed);
  });
});

test("the node's DPoP proof is one by RFC 9449", async () => {
  const { payload, protectedHeader } = await jwtVerify(made.dpop, EmbeddedJWK, {
    typ: 'dpop+jwt', algorithms: ['EdDSA'], currentDate: new Date(made.now * 1000), maxTokenAge: 60,
  });
  assert.equal(await calculateJwkThumbprint(protectedHeader.jwk), made.viewer.jkt);
  const { jti, ...claims } = payload;
  assert.ok(jti.length >= 16);
  assert.deepEqual(claims, {
    htm: 'POST', htu: 'https://node.example/v1/keys/request', iat: made.now, nonce: 'server nonce',
    htd: sha256('{}'), ath: sha256('a token'),
  });
});

describe('what jose makes', () => {
  const url = 'https://node.example/v1/actions/start';
  const proof = async ({ privateKey, publicKey }, claims, alg = 'EdDSA', typ = 'dpop+jwt') =>
    new SignJWT({ jti: 'a-fresh-one', htm: 'POST', htu: url, iat: 1_800_000_000, nonce: 'n', htd: sha256('{}'), ...claims })
      .setProtectedHeader({ alg, typ, jwk: await exportJWK(publicKey) }).sign(privateKey);
  const asked = (jws) => ({ kind: 'proof', jws, method: 'POST', url, nonce: 'n', body_digest: sha256('{}'), token: '', now: 1_800_000_000 });

  test('a DPoP proof is accepted for its request and no other', async () => {
    const pair = await generateKeyPair('EdDSA', { extractable: true });
    const jkt = await calculateJwkThumbprint(await exportJWK(pair.publicKey));
    const good = await proof(pair, {});
    assert.deepEqual(
      ask(asked(good), { ...asked(good), method: 'GET' }, { ...asked(good), now: 1_800_000_100 }, { ...asked(good), nonce: 'other' },
        asked(await proof(pair, { htu: `${url}?x=1` })), asked(await proof(pair, { htu: 'https://evil.example/v1/actions/start' })),
        asked(await proof(pair, { htd: sha256('{"x":1}') })), asked(await proof(pair, {}, 'EdDSA', 'JWT')), asked(forged(good))),
      [jkt, 'invalid_dpop_proof', 'invalid_dpop_proof', 'use_dpop_nonce', jkt, 'invalid_dpop_proof', 'invalid_dpop_proof',
        'invalid_dpop_proof', 'invalid_dpop_proof']);
  });

  for (const alg of ['EdDSA', 'Ed25519']) {
    test(`a JWS with alg ${alg} verifies`, async () => {
      const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
      const jws = await new SignJWT({ b: 'é', a: 1 }).setProtectedHeader({ alg, typ: 'swarma-token+jwt' }).sign(privateKey);
      const one = { kind: 'signed', jws, jwk: await exportJWK(publicKey), typ: 'swarma-token+jwt' };
      assert.deepEqual(ask(one, { ...one, typ: 'swarma-grant+jwt' }, { ...one, jwk: made.viewer.jwk }),
        ['{"a":1,"b":"é"}', 'wrong_jws_type', 'bad_signature']);
    });
  }

  test('a JWE opens, with and without party information', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ECDH-ES+A256KW', { crv: 'X25519', extractable: true });
    const { d } = await exportJWK(privateKey);
    const seal = (header, parameters) => {
      const jwe = new CompactEncrypt(bytes('ein Gruß')).setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', ...header });
      return (parameters ? jwe.setKeyManagementParameters(parameters) : jwe).encrypt(publicKey);
    };
    const plain = await seal({});
    const party = await seal({}, { apu: bytes('Alice'), apv: bytes('Bob') });
    assert.equal(decodeProtectedHeader(party).apu, base64url.encode('Alice'));
    assert.deepEqual(
      ask({ kind: 'sealed', jwe: plain, d }, { kind: 'sealed', jwe: party, d }, { kind: 'sealed', jwe: forged(plain), d },
        { kind: 'sealed', jwe: plain, d: made.viewer_decryption.d }, { kind: 'sealed', jwe: await seal({ enc: 'A128GCM' }), d },
        { kind: 'sealed', jwe: await seal({ alg: 'ECDH-ES' }), d }),
      ['ein Gruß', 'ein Gruß', 'decryption_failed', 'decryption_failed', 'bad_jwe', 'bad_jwe']);
  });
});
