import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { PuzzleHasher, searchSolution } from '../src/puzzle.ts';
import { vectors } from './support.ts';

test('finds the first solution', () => {
  const { seed, difficulty, solution } = vectors.puzzle;
  assert.equal(searchSolution({ seed, difficulty }, 0, 1 << 20), solution);
  assert.equal(searchSolution({ seed, difficulty }, 0, solution), undefined);
});

test('counts zeros as node:crypto does, for seeds of every length around a block', () => {
  for (let length = 0; length < 140; length++) {
    const seed = 's'.repeat(length);
    const hasher = new PuzzleHasher(seed);
    for (const n of [0, 9, 10, 123456, 4294967296, Number.MAX_SAFE_INTEGER]) {
      const digest = createHash('sha256').update(`${seed}:${n}`).digest().readBigUInt64BE();
      const zeros = 64 - (digest === 0n ? 0 : digest.toString(2).length);
      assert.equal(hasher.leadingZeros(n), zeros, `seed of ${length}, n ${n}`);
    }
  }
});
