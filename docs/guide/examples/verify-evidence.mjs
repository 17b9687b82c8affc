// node verify-evidence.mjs FILE: does a grant follow from its evidence? Needs Node.js 20 and the npm package jose, and
// nothing of Swarma: what `swarma verify evidence` checks, in another language.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { compactVerify, decodeJwt } from 'jose';

const check = (holds, sentence) => {
  if (!holds) throw new Error(sentence);
};
const sha256 = (text) => createHash('sha256').update(text).digest();
/** RFC 8785, for the texts, whole numbers and fractions that policies are made of. */
const canonical = (value) =>
  value === null || typeof value !== 'object' ? JSON.stringify(value)
  : Array.isArray(value) ? `[${value.map(canonical)}]`
  : `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)}}`;

/** The Ed25519 key in a did:key: base58 of 0xed 0x01 and 32 bytes. */
function jwkOf(did) {
  const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
  let number = 0n;
  for (const c of did.slice('did:key:z'.length)) number = number * 58n + BigInt(alphabet.indexOf(c));
  const bytes = Buffer.from(number.toString(16).padStart(68, '0'), 'hex');
  check(bytes[0] === 0xed && bytes[1] === 1 && bytes.length === 34, `${did} is no Ed25519 key`);
  return { kty: 'OKP', crv: 'Ed25519', x: bytes.subarray(2).toString('base64url'), alg: 'EdDSA' };
}
async function verified(jws, did, typ) {
  const { payload, protectedHeader } = await compactVerify(jws, jwkOf(did), { algorithms: ['EdDSA'] });
  check(protectedHeader.typ === typ, `a ${typ} was expected`);
  return JSON.parse(Buffer.from(payload).toString());
}

const evidence = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const record = await verified(evidence.record, decodeJwt(evidence.record).creator, 'swarma-title+jwt');
const grant = await verified(evidence.grant, record.agent.signer, 'swarma-grant+jwt');
check(grant.title_id === record.title_id && grant.revision === record.revision, 'the grant is of another title or revision');
check(grant.policy_hash === sha256(canonical(record.policy)).toString('base64url'), 'the grant is under other terms');
const path = record.policy.paths.find((one) => one.id === grant.path);
check(path, 'the policy has no such way');
const unlockedAt = Buffer.from(grant.unlock_id, 'base64url').readUInt32BE(0);

const allowed = record.policy.issuers?.allow ?? evidence.issuers, denied = record.policy.issuers?.deny ?? [];
const shown = new Map(); // trust by what was proven
for (const jws of evidence.attestations) {
  const one = await verified(jws, decodeJwt(jws).issuer, 'swarma-attestation+jwt');
  check(allowed.includes(one.issuer) && !denied.includes(one.issuer), `the policy does not accept ${one.issuer}`);
  check(one.subject === grant.aud && one.title_id === grant.title_id, 'an attestation is of another viewer or title');
  check(one.iat <= unlockedAt + 60 && unlockedAt < one.exp, 'an attestation was not valid when the unlock was made');
  const key = canonical({ requirement: one.requirement, params: one.params });
  shown.set(key, Math.max(shown.get(key) ?? 0, one.trust));
}
const met = (part) =>
  part.allOf ? part.allOf.every(met)
  : part.anyOf ? part.anyOf.some(met)
  : (shown.get(canonical({ requirement: part.requirement, params: part.params ?? {} })) ?? -1) >= (part.min_trust ?? 0);
check(!path.requires || met(path.requires), 'the attestations do not meet the way');
console.log(`The grant ${grant.grant_id} follows: the way "${path.id}" of “${record.name ?? record.title_id}” was met.`);
