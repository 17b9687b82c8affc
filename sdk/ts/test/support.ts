// Helpers that use node:crypto and jose only, never the code under test.
import { generateKeyPairSync, hkdfSync, randomUUID, sign as cryptoSign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CompactEncrypt, importJWK } from 'jose';

/** What vectors/make.mjs writes. Bytes are base64url. */
interface Vectors {
  creator: { did: string; x: string };
  tree: {
    slots: number;
    group: string;
    track: string;
    root: string;
    leaves: string[];
    content_keys: string[];
    cover_3_9: Node[];
  };
  title: { title_id: string; nonce: string; salt: string; policy_hash: string };
  records: { first: string; second: string; fork: string; other_kind: string };
  segment: { slot: number; track: string; aad: string; plaintext: string; stored: string; blob: string };
  puzzle: { seed: string; difficulty: number; solution: number };
}

export const vectors = JSON.parse(
  readFileSync(new URL('../../test/vectors/vectors.json', import.meta.url), 'utf8'),
) as Vectors;

export const bytes = (base64url: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(base64url, 'base64url'));
export const text = (value: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(value));

const kBase58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

export interface Signer {
  did: string;
  sign(typ: string, payload: unknown): string;
}

export function makeSigner(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const did = didOf(publicKey);
  return {
    did,
    sign(typ, payload) {
      const input = `${b64(JSON.stringify({ alg: 'EdDSA', kid: did, typ }))}.${b64(JSON.stringify(payload))}`;
      return `${input}.${cryptoSign(null, Buffer.from(input), privateKey).toString('base64url')}`;
    },
  };
}

function didOf(publicKey: KeyObject): string {
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url');
  let value = BigInt(`0xed01${raw.toString('hex')}`);
  let out = '';
  for (; value > 0n; value /= 58n) out = kBase58[Number(value % 58n)] + out;
  return `did:key:z${out}`;
}

interface Node {
  level: number;
  index: number;
  key: string;
}

/** The nodes that cover [begin, end) of the tree of the vectors: from the left, the largest block that fits. */
export function coverOf(begin: number, end: number): Node[] {
  const depth = 4;
  const nodes: Node[] = [];
  for (let at = begin, size = 1; at < end; at += size) {
    size = 1;
    while (at % (size * 2) === 0 && at + size * 2 <= end) size *= 2;
    const level = depth - Math.log2(size);
    nodes.push({ level, index: at / size, key: nodeKey(level, at / size).toString('base64url') });
  }
  return nodes;
}

function nodeKey(level: number, index: number): Buffer {
  if (level === 0) return Buffer.from(vectors.tree.root, 'base64url');
  const side = index % 2 === 0 ? 'left' : 'right';
  return Buffer.from(hkdfSync('sha256', nodeKey(level - 1, Math.floor(index / 2)), '', `swarma/1 ${side}`, 32));
}

/** What a JWS says, unchecked. */
export function payloadOf(jws: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

const b64 = (value: string) => Buffer.from(value).toString('base64url');

export async function sealTo(jwk: JsonWebKey, plaintext: unknown): Promise<string> {
  return new CompactEncrypt(Buffer.from(JSON.stringify(plaintext)))
    .setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', typ: 'swarma-keys+jwe' })
    .encrypt(await importJWK({ ...jwk, kty: 'OKP' }, 'ECDH-ES+A256KW'));
}

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json', ...headers },
  });

export const problem = (
  reason: string,
  status: number,
  more: object = {},
  headers: Record<string, string> = {},
): Response =>
  json({ type: `/problems/${reason}`, title: reason, status, detail: `It is ${reason}.`, ...more }, status, headers);

export const newId = (): string => randomUUID();
