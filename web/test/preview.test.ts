import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy } from '@swarma/client';
import { givesAllAway, previewThatFits, uncut } from '../src/studio/preview.ts';

const promise = { id: 'promise', requires: { requirement: 'goodwill_ack' } };
const policy = (...paths: Policy['paths']): Policy => ({ version: 1, paths: [...paths, promise] });

test('a preview is at most a quarter of the film, and leaves something to unlock', () => {
  const lengths = [600, 60, 30, 9, 5, 3].map((seconds) => previewThatFits(uncut(seconds)));
  assert.deepEqual(lengths, [120, 15, 5, 2, 1, undefined]);
});

test('a preview that reaches into the last slot gives all away', () => {
  const film = { seconds: 10, slots: 3 };
  const preview = (end: number) => policy({ id: 'preview', grants: { seconds: [0, end] } });
  assert.equal(givesAllAway(preview(6), film), false);
  assert.equal(givesAllAway(preview(7), film), true);
  assert.equal(givesAllAway(preview(7), undefined), false, 'nobody knows yet');
});

test('a whole film in the small picture may be meant', () => {
  assert.equal(givesAllAway(policy({ id: 'small', grants: { key_groups: ['sd'] } }), undefined), false);
  assert.equal(givesAllAway(policy({ id: 'all' }), undefined), true);
  assert.equal(givesAllAway({ version: 1, paths: [{ id: 'all' }] }, undefined), false, 'there is nothing to give away');
});
