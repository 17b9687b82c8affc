// Writes vectors.json with nothing but node:crypto, so that the library is checked against a second reading of
// docs/reference/protocol.md. Run by hand: node sdk/ts/test/vectors/make.mjs
import { createCipheriv, createHash, createPrivateKey, createPublicKey, hkdfSync, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';

const sha256 = (data) => createHash('sha256').update(data).digest();
const b64 = (data) => Buffer.from(data).toString('base64url');
const hkdf = (key, info) => Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), info, 32));
const kSeedPrefix = Buffer.from('302e020100300506032b657004220420', 'hex'); // PKCS#8 of an Ed25519 seed

// RFC 8032 test 1: the seed whose did:key is published in many places.
const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
const creatorKey = createPrivateKey({ key: Buffer.concat([kSeedPrefix, seed]), format: 'der', type: 'pkcs8' });
const creatorDid = 'did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw';

// Key tree: 11 slots, depth 4.
const slots = 11;
const titleSecret = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
const root = hkdf(titleSecret, 'swarma/1 group sd');
const nodeKey = (level, index) => {
  let key = root;
  for (let bit = level - 1; bit >= 0; bit--) key = hkdf(key, (index >> bit) & 1 ? 'swarma/1 right' : 'swarma/1 left');
  return key;
};
const leaves = Array.from({ length: slots }, (_, slot) => nodeKey(4, slot));
const track = 'v360-3f9a1c02';
const contentKeys = leaves.map((leaf) => hkdf(leaf, `swarma/1 track ${track}`));
// [3, 9) of 11: leaf 3, the node over 4..7, leaf 8.
const cover = [
  [4, 3],
  [2, 1],
  [4, 8],
].map(([level, index]) => ({ level, index, key: b64(nodeKey(level, index)) }));

// Title record.
const nonce = b64(Buffer.alloc(16, 7));
const base32 = (bytes) => {
  const bits = [...bytes].map((b) => b.toString(2).padStart(8, '0')).join('');
  return bits
    .match(/.{1,5}/g)
    .map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[parseInt(five.padEnd(5, '0'), 2)])
    .join('');
};
const rawTitleId = sha256(`swarma/1 title\n${creatorDid}\n${nonce}`).subarray(0, 16);
const titleId = base32(rawTitleId);
const salt = Buffer.alloc(16, 9);

const sortKeys = (value) =>
  Array.isArray(value)
    ? value.map(sortKeys)
    : value && typeof value === 'object'
      ? Object.fromEntries(
          Object.keys(value)
            .sort()
            .map((k) => [k, sortKeys(value[k])]),
        )
      : value;
const canonical = (value) => JSON.stringify(sortKeys(value));
const jws = (typ, payload) => {
  const input = `${b64(canonical({ alg: 'EdDSA', kid: creatorDid, typ }))}.${b64(canonical(payload))}`;
  return `${input}.${b64(sign(null, input, creatorKey))}`;
};

// Segment 5 of the track.
const plaintext = Buffer.from('segment five of the film');
const length = Buffer.alloc(2);
length.writeUInt16BE(Buffer.byteLength(track));
const slot = Buffer.alloc(4);
slot.writeUInt32BE(5);
const aad = Buffer.concat([rawTitleId, salt, length, Buffer.from(track), slot]);
const cipher = createCipheriv('aes-256-gcm', contentKeys[5], Buffer.alloc(12));
cipher.setAAD(aad);
const stored = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);

const policy = { version: 1, paths: [{ id: 'preview', grants: { slots: [0, 3], key_groups: ['sd'], ttl_s: 3600 } }] };
const record = (revision, name) => ({
  title_id: titleId,
  nonce,
  revision,
  creator: creatorDid,
  created_at: 1800000000,
  name,
  language: 'en',
  summary: '',
  tags: [],
  duration_ms: 44000,
  slots,
  scheme: 'aes-256-gcm',
  salt: b64(salt),
  key_groups: ['sd'],
  playlist: sha256('playlist').toString('hex'),
  details: sha256('details').toString('hex'),
  policy,
  agent: { signer: creatorDid, encryption: 'did:key:z6LSkdrX4EvewpktHBjvNxRDogPdC5iVF8LT3LPKefGAgi89' },
});

const puzzleSeed = 'a seed that is longer than one block of SHA-256, so that the midstate is used: 0123456789';
let solution = 0;
while (!(sha256(`${puzzleSeed}:${solution}`)[0] === 0 && sha256(`${puzzleSeed}:${solution}`)[1] < 16)) solution++;

writeFileSync(
  new URL('vectors.json', import.meta.url),
  `${JSON.stringify(
    {
      creator: { did: creatorDid, x: createPublicKey(creatorKey).export({ format: 'jwk' }).x },
      tree: {
        slots,
        group: 'sd',
        track,
        root: b64(root),
        leaves: leaves.map(b64),
        content_keys: contentKeys.map(b64),
        cover_3_9: cover,
      },
      title: { title_id: titleId, nonce, salt: b64(salt), policy_hash: b64(sha256(canonical(policy))) },
      records: {
        first: jws('swarma-title+jwt', record(1, 'First')),
        second: jws('swarma-title+jwt', record(2, 'Second')),
        fork: jws('swarma-title+jwt', record(2, 'Another second')),
        other_kind: jws('swarma-grant+jwt', record(1, 'First')),
      },
      segment: {
        slot: 5,
        track,
        aad: b64(aad),
        plaintext: b64(plaintext),
        stored: b64(stored),
        blob: sha256(stored).toString('hex'),
      },
      puzzle: { seed: puzzleSeed, difficulty: 12, solution },
    },
    null,
    1,
  )}\n`,
);
