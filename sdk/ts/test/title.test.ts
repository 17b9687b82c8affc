import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore, Vault } from '../src/store.ts';
import { makeTitleId, parseMediaPlaylist, policyHash, RevisionMemory, verifyRecord } from '../src/title.ts';
import { makeSigner, payloadOf, vectors } from './support.ts';

const { title, records, creator } = vectors;

test('a record is taken by its id alone, whoever delivered it', async () => {
  const record = await verifyRecord(records.first, title.title_id);
  assert.equal(record.name, 'First');
  assert.equal(await makeTitleId(creator.did, title.nonce), title.title_id);
  assert.equal(await policyHash(record.policy), title.policy_hash);
});

test('a record with any bit changed is forged', async () => {
  const [header = '', payload = '', signature = ''] = records.first.split('.');
  const other = Buffer.from(Buffer.from(payload, 'base64url').toString().replace('First', 'Wurst')).toString(
    'base64url',
  );
  await assert.rejects(verifyRecord(`${header}.${other}.${signature}`, title.title_id), { reason: 'record_forged' });
});

test('a record signed by somebody else for the same id is forged', async () => {
  const thief = makeSigner();
  const payload = payloadOf(records.first);
  const claimsOwnName = thief.sign('swarma-title+jwt', { ...payload, creator: thief.did });
  const claimsOther = thief.sign('swarma-title+jwt', payload);
  await assert.rejects(verifyRecord(claimsOwnName, title.title_id), { reason: 'record_forged' });
  await assert.rejects(verifyRecord(claimsOther, title.title_id), { reason: 'record_forged' });
});

test('a record of another title and an object of another kind are refused', async () => {
  await assert.rejects(verifyRecord(records.first, `a${title.title_id.slice(1)}`), { reason: 'record_forged' });
  await assert.rejects(verifyRecord(records.other_kind, title.title_id), { reason: 'record_forged' });
});

test('revisions only go forward, and there is one of each', async () => {
  const memory = new RevisionMemory(new Vault(new MemoryStore()));
  const [first, second, fork] = await Promise.all(
    [records.first, records.second, records.fork].map((jws) => verifyRecord(jws, title.title_id)),
  );
  await memory.accept(second!);
  await memory.accept(second!);
  await assert.rejects(memory.accept(first!), { reason: 'record_older' });
  await assert.rejects(memory.accept(fork!), { reason: 'record_forked' });
});

test('a playlist is read to its segments with their times', () => {
  const id = 'ab'.repeat(32);
  const list = parseMediaPlaylist(
    `#EXTM3U\n#EXT-X-MAP:URI="${id}.mp4"\n#EXTINF:4.000,\n#EXT-X-SWARMA-BYTES:7\n${id}.m4s\n#EXTINF:2.5,\n${id}.m4s\n#EXT-X-ENDLIST\n`,
  );
  assert.equal(list.init, id);
  assert.deepEqual(
    list.segments.map(({ start, seconds }) => [start, seconds]),
    [
      [0, 4],
      [4, 2.5],
    ],
  );
  assert.throws(() => parseMediaPlaylist('#EXTM3U\n#EXTINF:4,\nhttps://elsewhere.example/a.m4s\n'), {
    reason: 'answer_bad',
  });
});
