// Writes id_tokens.json, which src/access/attest/id_token_test.cpp reads: ID tokens as a provider signs them, and with one thing wrong each, made by the npm
// package jose. The keys are thrown away, so a new run gives other bytes.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'

const alg = 'ES256', now = 1_800_000_000
const expected = { issuer: 'https://accounts.example.org', client_id: 'films', nonce: 'n-0S6_WzA2Mj', access_token: 'SlAV32hkKG', now }
const [own, stranger] = [await generateKeyPair(alg), await generateKeyPair(alg)]
const rsa = await generateKeyPair('RS256')
const half = (text) => createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url')
const good = { iss: expected.issuer, sub: '248289761001', aud: 'films', nonce: expected.nonce, iat: now - 5, exp: now + 300, at_hash: half(expected.access_token) }
const sign = (claims, header = {}, key = own.privateKey) => new SignJWT(claims).setProtectedHeader({ alg, kid: 'a', ...header }).sign(key)
const without = (name) => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name))

const tokens = {
  good: await sign(good), good_without_at_hash: await sign(without('at_hash')), good_for_several: await sign({ ...good, aud: ['other', 'films'], azp: 'films' }),
  good_until_skew: await sign({ ...good, exp: now - 59 }),
  signature_of_another: await sign(good, {}, stranger.privateKey), algorithm_none: new UnsecuredJWT(good).encode(),
  algorithm_other: await sign(good, { alg: 'RS256' }, rsa.privateKey),
  algorithm_secret: await new SignJWT(good).setProtectedHeader({ alg: 'HS256', kid: 'a' }).sign(new TextEncoder().encode(JSON.stringify(await exportJWK(own.publicKey)))),
  critical: await sign(good, { crit: ['b64'], b64: true }),
  issuer_other: await sign({ ...good, iss: 'https://accounts.example.org/' }), issuer_missing: await sign(without('iss')),
  audience_other: await sign({ ...good, aud: 'other' }), audience_missing: await sign(without('aud')),
  party_missing: await sign({ ...good, aud: ['other', 'films'] }), party_other: await sign({ ...good, azp: 'other' }),
  expired: await sign({ ...good, exp: now - 60 }), expiry_missing: await sign(without('exp')),
  old: await sign({ ...good, iat: now - 601 }), from_the_future: await sign({ ...good, iat: now + 61 }), issue_missing: await sign(without('iat')),
  nonce_other: await sign({ ...good, nonce: 'n-0S6_WzA2Mk' }), nonce_missing: await sign(without('nonce')),
  access_token_other: await sign({ ...good, at_hash: half('another') }), subject_missing: await sign(without('sub')), subject_empty: await sign({ ...good, sub: '' }),
  key_unknown: await sign(good, { kid: 'b' }, stranger.privateKey),
}
const jwks = { keys: [
  { ...(await exportJWK(own.publicKey)), kid: 'a', alg, use: 'sig' }, { ...(await exportJWK(stranger.publicKey)), kid: 'b', use: 'enc' },
  { ...(await exportJWK(rsa.publicKey)), kid: 'a', alg: 'RS256', use: 'sig' }, { kty: 'oct', k: 'AAAA', kid: 'a' }, 'nonsense'] }
writeFileSync(new URL('id_tokens.json', import.meta.url), JSON.stringify({ expected, jwks, tokens }, null, 1) + '\n')
