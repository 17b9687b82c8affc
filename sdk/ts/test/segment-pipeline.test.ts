import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { fromBase32, toBase64url } from '../src/encoding.ts';
import { SegmentPipeline } from '../src/segment-pipeline.ts';
import { bytes, vectors } from './support.ts';

const { segment, title, tree } = vectors;
const ref = { blob: segment.blob, extension: 'm4s', track: segment.track, keyGroup: 'sd', slot: segment.slot };

function makePipeline(
  serve: (url: string, init?: RequestInit) => Uint8Array<ArrayBuffer> | undefined,
  sources = ['http://origin'],
): SegmentPipeline {
  const fetchFake = async (url: RequestInfo | URL, init?: RequestInit) => {
    const body = serve(url instanceof Request ? url.url : url.toString(), init);
    return body ? new Response(body) : new Response('', { status: 404 });
  };
  const pipeline = new SegmentPipeline(
    { titleId: fromBase32(title.title_id), salt: bytes(title.salt), slots: tree.slots, sources },
    fetchFake,
  );
  pipeline.addKeys(
    'sd',
    tree.cover_3_9.map((node: { level: number; index: number; key: string }) => ({ ...node, key: bytes(node.key) })),
    100,
  );
  return pipeline;
}

const flipped = (): Uint8Array<ArrayBuffer> => {
  const copy = bytes(segment.stored);
  copy[3]! ^= 1;
  return copy;
};

test('a segment is fetched by its hash, verified and decrypted', async () => {
  const urls: string[] = [];
  const pipeline = makePipeline((url) => (urls.push(url), bytes(segment.stored)));
  const { bytes: plain, timing } = await pipeline.loadSegment(ref);
  assert.equal(toBase64url(plain), segment.plaintext);
  assert.deepEqual(urls, [`http://origin/${segment.blob}.m4s`]);
  assert.equal(timing.bytes, bytes(segment.stored).length);
});

test('a flipped bit is fetched again from the next source and never shown', async () => {
  const pipeline = makePipeline(
    (url) => (url.startsWith('http://liar') ? flipped() : bytes(segment.stored)),
    ['http://liar', 'http://origin'],
  );
  const { bytes: plain, timing } = await pipeline.loadSegment(ref);
  assert.equal(toBase64url(plain), segment.plaintext);
  assert.equal(timing.refused, 1);
});

test('a spoilt cache is passed by', async () => {
  const pipeline = makePipeline((_url, init) => (init?.cache === 'reload' ? bytes(segment.stored) : flipped()));
  assert.equal(toBase64url((await pipeline.loadSegment(ref)).bytes), segment.plaintext);
});

test('bytes that nobody has right are an error', async () => {
  await assert.rejects(makePipeline(flipped).loadSegment(ref), { reason: 'hash_mismatch' });
  await assert.rejects(makePipeline(() => undefined).loadSegment(ref), { reason: 'blob_not_found' });
});

test('a segment put in the place of another does not open', async () => {
  await assert.rejects(makePipeline(() => bytes(segment.stored)).loadSegment({ ...ref, slot: 6 }), {
    reason: 'decryption_failed',
  });
  await assert.rejects(makePipeline(() => bytes(segment.stored)).loadSegment({ ...ref, track: 'v720-00000000' }), {
    reason: 'decryption_failed',
  });
});

test('without a key a slot is locked', async () => {
  await assert.rejects(makePipeline(() => bytes(segment.stored)).loadSegment({ ...ref, slot: 9 }), {
    reason: 'slot_not_granted',
  });
  await assert.rejects(makePipeline(() => bytes(segment.stored)).loadSegment({ ...ref, keyGroup: 'hd' }), {
    reason: 'slot_not_granted',
  });
});

test('a body beyond the limit is cut off', async () => {
  const body = new Uint8Array(1000);
  const id = createHash('sha256').update(body).digest('hex');
  const pipeline = makePipeline(() => body);
  assert.equal((await pipeline.loadBlob(id, 'json', 1000)).bytes.length, 1000);
  await assert.rejects(pipeline.loadBlob(id, 'json', 999), { reason: 'blob_too_large' });
});
