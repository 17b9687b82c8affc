// Signed and sealed objects: compact JWS (EdDSA) by a did:key, compact JWE (ECDH-ES+A256KW, X25519, A256GCM). The
// checks are here, the cryptography is in the package `jose`.
import { compactDecrypt, compactVerify } from 'jose';
import {
  type Bytes,
  canonicalJson,
  fromBase58,
  fromBase64url,
  fromUtf8,
  sha256,
  subtle,
  toBase64url,
  utf8,
} from './encoding.ts';
import { type LocalReason, SwarmaError } from './errors.ts';

const kMaxJwsBytes = 64 * 1024;

/** The Ed25519 public key in `did:key:z6Mk…`. */
export function publicKeyOf(did: string): Bytes {
  const bytes = did.startsWith('did:key:z') ? fromBase58(did.slice(9)) : new Uint8Array();
  if (bytes.length !== 34 || bytes[0] !== 0xed || bytes[1] !== 0x01) {
    throw new SwarmaError('answer_bad', 'An identity is not an Ed25519 did:key.');
  }
  return bytes.slice(2);
}

/** Payload of a JWS, unchecked: only to learn who claims to have signed it. */
export function peekJws(jws: string): Record<string, unknown> {
  const parts = jws.split('.');
  if (parts.length !== 3 || jws.length > kMaxJwsBytes)
    throw new SwarmaError('answer_bad', 'A signed object is not a compact JWS.');
  return parseObject(fromUtf8(fromBase64url(parts[1] as string)));
}

/** Payload of a JWS of kind `typ` that `did` signed, else a SwarmaError with the reason `forged`. */
export async function verifyJws(
  jws: string,
  typ: string,
  did: string,
  forged: LocalReason,
): Promise<Record<string, unknown>> {
  if (jws.length > kMaxJwsBytes) throw new SwarmaError(forged, 'A signed object is too large.');
  const key = await subtle().importKey('raw', publicKeyOf(did), { name: 'Ed25519' }, true, ['verify']);
  try {
    const { payload, protectedHeader } = await compactVerify(jws, key, { algorithms: ['EdDSA', 'Ed25519'] });
    if (protectedHeader.typ !== typ) throw new SwarmaError(forged, `A signed object is of another kind than ${typ}.`);
    if (protectedHeader.kid !== undefined && protectedHeader.kid !== did)
      throw new SwarmaError(forged, 'A signed object names another signer.');
    return parseObject(fromUtf8(payload));
  } catch (cause) {
    if (cause instanceof SwarmaError) throw cause;
    throw new SwarmaError(forged, 'A signature is not by the key it should be by.', { cause });
  }
}

/** Plaintext of a JWE sealed to `key` (X25519, private, need not be extractable). */
export async function openJwe(jwe: string, key: CryptoKey): Promise<Bytes> {
  try {
    const { plaintext } = await compactDecrypt(jwe, key, {
      keyManagementAlgorithms: ['ECDH-ES+A256KW'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return new Uint8Array(plaintext);
  } catch (cause) {
    throw new SwarmaError('grant_not_for_this_key', 'The keys in the grant are not for this browser.', { cause });
  }
}

/** RFC 7638 thumbprint of an Ed25519 public JWK: the name of a viewer. */
export async function thumbprint(jwk: JsonWebKey): Promise<string> {
  return toBase64url(await sha256(utf8(canonicalJson({ crv: jwk.crv, kty: jwk.kty, x: jwk.x }))));
}

/** What else a proof must cover besides method, path and body: the query, and the headers that describe an upload. */
function describeExtras(url: URL, headers: Headers | undefined): string {
  const lines: [string, string | null | undefined][] = [['query', url.search.slice(1)]];
  for (const name of ['upload-length', 'upload-offset', 'upload-metadata']) lines.push([name, headers?.get(name)]);
  return lines
    .filter(([, value]) => value)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}

/**
 * A DPoP proof (RFC 9449) with our `htd`, the digest of the body, and `htx`, that of the query and the upload headers.
 */
export async function makeDpopProof(
  key: { privateKey: CryptoKey; jwk: JsonWebKey },
  claims: {
    method: string;
    url: string;
    now: number;
    nonce?: string;
    body?: Uint8Array;
    accessToken?: string;
    headers?: Headers;
  },
): Promise<string> {
  const url = new URL(claims.url);
  const extras = describeExtras(url, claims.headers);
  url.search = '';
  url.hash = '';
  const payload: Record<string, unknown> = {
    jti: toBase64url(crypto.getRandomValues(new Uint8Array(16))),
    htm: claims.method,
    htu: url.href,
    iat: claims.now,
  };
  if (claims.nonce) payload.nonce = claims.nonce;
  if (claims.body && claims.body.length > 0) payload.htd = toBase64url(await sha256(claims.body));
  if (claims.accessToken) payload.ath = toBase64url(await sha256(utf8(claims.accessToken)));
  if (extras) payload.htx = toBase64url(await sha256(utf8(extras)));
  return signWithJwk(key, 'dpop+jwt', payload);
}

/** A compact JWS that carries the key it is signed with. */
async function signWithJwk(
  key: { privateKey: CryptoKey; jwk: JsonWebKey },
  typ: string,
  payload: Record<string, unknown>,
): Promise<string> {
  const header = { alg: 'EdDSA', jwk: { crv: 'Ed25519', kty: 'OKP', x: key.jwk.x }, typ };
  const input = `${toBase64url(utf8(canonicalJson(header)))}.${toBase64url(utf8(canonicalJson(payload)))}`;
  const signature = await subtle().sign({ name: 'Ed25519' }, key.privateKey, utf8(input));
  return `${input}.${toBase64url(new Uint8Array(signature))}`;
}

/** The word of a holder that a viewer's key may use what is the holder's, for the purpose that `nonce` names. */
export function proveHolder(
  holder: { privateKey: CryptoKey; jwk: JsonWebKey },
  { viewer, nonce, now }: { viewer: string; nonce: string; now: number },
): Promise<string> {
  return signWithJwk(holder, 'swarma-holder+jwt', { viewer, nonce, iat: now });
}

function parseObject(text: string): Record<string, unknown> {
  const value: unknown = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SwarmaError('answer_bad', 'A signed object is not a JSON object.');
  return value as Record<string, unknown>;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SwarmaError('answer_bad', 'The answer is not JSON.', { cause });
  }
}
