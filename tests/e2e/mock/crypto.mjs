// The protocol's cryptography on node:crypto, read from docs/reference/protocol.md independently of sdk/ts.
import { createCipheriv, createHash, createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync, randomBytes, sign } from 'node:crypto';

export const sha256 = (data) => createHash('sha256').update(data).digest();
export const b64 = (data) => Buffer.from(data).toString('base64url');
const hkdf = (key, info) => Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), info, 32));

const kBase58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
function didKey(prefix, raw) {
  let value = BigInt(`0x${prefix}${raw.toString('hex')}`);
  let out = '';
  for (; value > 0n; value /= 58n) out = kBase58[Number(value % 58n)] + out;
  return `did:key:z${out}`;
}
const rawOf = (publicKey) => Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url');

export function makeIdentity() {
  const ed = generateKeyPairSync('ed25519');
  const x = generateKeyPairSync('x25519');
  return { did: didKey('ed01', rawOf(ed.publicKey)), encryption: didKey('ec01', rawOf(x.publicKey)), privateKey: ed.privateKey };
}

const sortKeys = (value) =>
  Array.isArray(value) ? value.map(sortKeys)
  : value && typeof value === 'object' ? Object.fromEntries(Object.keys(value).sort().map((k) => [k, sortKeys(value[k])]))
  : value;
export const canonical = (value) => JSON.stringify(sortKeys(value));

export function signJws(identity, typ, payload) {
  const input = `${b64(canonical({ alg: 'EdDSA', kid: identity.did, typ }))}.${b64(canonical(payload))}`;
  return `${input}.${b64(sign(null, Buffer.from(input), identity.privateKey))}`;
}
export const payloadOf = (jws) => JSON.parse(Buffer.from(jws.split('.')[1], 'base64url'));
export const headerOf = (jws) => JSON.parse(Buffer.from(jws.split('.')[0], 'base64url'));
export const thumbprint = (jwk) => b64(sha256(canonical({ crv: jwk.crv, kty: jwk.kty, x: jwk.x })));

function base32(bytes) {
  const bits = [...bytes].map((b) => b.toString(2).padStart(8, '0')).join('');
  return bits.match(/.{1,5}/g).map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[parseInt(five.padEnd(5, '0'), 2)]).join('');
}
export function titleId(did, nonce) {
  const raw = sha256(`swarma/1 title\n${did}\n${nonce}`).subarray(0, 16);
  return { raw, text: base32(raw) };
}

export class KeyTree {
  constructor(secret, group, slots) {
    this.slots = slots;
    this.depth = Math.ceil(Math.log2(slots));
    this.root = hkdf(secret, `swarma/1 group ${group}`);
  }
  node(level, index) {
    let key = this.root;
    for (let bit = level - 1; bit >= 0; bit--) key = hkdf(key, (index >> bit) & 1 ? 'swarma/1 right' : 'swarma/1 left');
    return key;
  }
  contentKey(slot, track) {
    return hkdf(this.node(this.depth, slot), `swarma/1 track ${track}`);
  }
  cover([begin, end]) {
    const out = [];
    const visit = (level, index) => {
      const width = 2 ** (this.depth - level);
      const from = index * width;
      if (from >= end || from + width <= begin) return;
      if (from >= begin && from + width <= end) out.push({ level, index, key: b64(this.node(level, index)) });
      else for (const child of [index * 2, index * 2 + 1]) visit(level + 1, child);
    };
    visit(0, 0);
    return out;
  }
}

export function sealSegment(key, rawTitleId, salt, track, slot, plaintext) {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(track));
  const index = Buffer.alloc(4);
  index.writeUInt32BE(slot);
  const cipher = createCipheriv('aes-256-gcm', key, Buffer.alloc(12));
  cipher.setAAD(Buffer.concat([rawTitleId, salt, length, Buffer.from(track), index]));
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Compact JWE, ECDH-ES+A256KW over X25519, A256GCM (RFC 7516, 7518 §4.6). */
export function sealJwe(jwk, plaintext) {
  const recipient = createPublicKey({ key: { crv: 'X25519', kty: 'OKP', x: jwk.x }, format: 'jwk' });
  const ephemeral = generateKeyPairSync('x25519');
  const z = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: recipient });
  const epk = ephemeral.publicKey.export({ format: 'jwk' });
  const header = b64(JSON.stringify({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', epk: { crv: 'X25519', kty: 'OKP', x: epk.x }, typ: 'swarma-keys+jwe' }));
  const u32 = (n) => (Buffer.alloc(4).writeUInt32BE(n), Buffer.from([n >>> 24, n >>> 16, n >>> 8, n]));
  const alg = Buffer.from('ECDH-ES+A256KW');
  const kek = sha256(Buffer.concat([u32(1), z, u32(alg.length), alg, u32(0), u32(0), u32(256)]));
  const cek = randomBytes(32);
  const wrap = createCipheriv('id-aes256-wrap', kek, Buffer.alloc(8, 0xa6));
  const wrapped = Buffer.concat([wrap.update(cek), wrap.final()]);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', cek, iv);
  cipher.setAAD(Buffer.from(header));
  const text = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return [header, b64(wrapped), b64(iv), b64(text), b64(cipher.getAuthTag())].join('.');
}
