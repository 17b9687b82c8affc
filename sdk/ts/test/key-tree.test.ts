import assert from 'node:assert/strict';
import { test } from 'node:test';
import { additionalData, contentKey, coverShape, KeyRing, treeDepth } from '../src/key-tree.ts';
import { fromBase32, toBase64url } from '../src/encoding.ts';
import { bytes, coverOf, vectors } from './support.ts';

const { tree, title, segment } = vectors;
const cover: { level: number; index: number; key: string }[] = tree.cover_3_9;

function ringOfCover(expiresAt = 100): KeyRing {
  const ring = new KeyRing(tree.slots);
  for (const { level, index, key } of cover) ring.add({ level, index, key: bytes(key) }, expiresAt);
  return ring;
}

test('a grant for [3, 9) opens exactly slots 3 to 8', async () => {
  const ring = ringOfCover();
  for (let slot = 0; slot < tree.slots; slot++) {
    const leaf = await ring.leaf(slot);
    if (slot >= 3 && slot < 9) assert.equal(toBase64url(leaf!), tree.leaves[slot]);
    else assert.equal(leaf, undefined);
    assert.equal(ring.covers(slot), slot >= 3 && slot < 9);
  }
});

test('the shape of a cover', () => {
  assert.deepEqual(
    coverShape(tree.slots, [3, 9]),
    cover.map(({ level, index }) => ({ level, index })),
  );
  for (let begin = 0; begin < tree.slots; begin++) {
    for (let end = begin + 1; end <= tree.slots; end++) {
      assert.deepEqual(
        coverShape(tree.slots, [begin, end]),
        coverOf(begin, end).map(({ level, index }) => ({ level, index })),
      );
    }
  }
  assert.deepEqual(coverShape(1, [0, 1]), [{ level: 0, index: 0 }]);
});

test('leaves are the same in any order of asking', async () => {
  const ring = ringOfCover();
  for (const slot of [7, 4, 8, 5, 3, 6, 7]) assert.equal(toBase64url((await ring.leaf(slot))!), tree.leaves[slot]);
});

test('the root opens every slot', async () => {
  const ring = new KeyRing(tree.slots);
  ring.add({ level: 0, index: 0, key: bytes(tree.root) }, 100);
  for (let slot = 0; slot < tree.slots; slot++)
    assert.equal(toBase64url(await contentKey((await ring.leaf(slot))!, tree.track)), tree.content_keys[slot]);
});

test('an expired node opens nothing', async () => {
  const ring = ringOfCover(100);
  ring.dropExpired(100);
  assert.equal(await ring.leaf(4), undefined);
});

test('nodes outside the tree are refused', () => {
  const ring = new KeyRing(tree.slots);
  const key = bytes(tree.root);
  for (const [level, index] of [
    [5, 0],
    [-1, 0],
    [1, 2],
    [0, 1],
    [0.5, 0],
  ] as const) {
    assert.throws(() => ring.add({ level, index, key }, 1), { reason: 'answer_bad' });
  }
  assert.throws(() => ring.add({ level: 0, index: 0, key: key.slice(1) }, 1), { reason: 'answer_bad' });
  assert.throws(() => new KeyRing(0), { reason: 'answer_bad' });
});

test('depth is ceil(log2 slots)', () => {
  assert.deepEqual([1, 2, 3, 4, 5, 8, 9, 1 << 20].map(treeDepth), [0, 1, 2, 2, 3, 3, 4, 20]);
});

test('the additional data of a segment', () => {
  assert.equal(
    toBase64url(additionalData(fromBase32(title.title_id), bytes(title.salt), segment.track, segment.slot)),
    segment.aad,
  );
});
