// Against hashes of libsodium: crypto_pwhash with 2 passes over 1 MiB, the salt being the bytes 0 to 15.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { argon2Zeros, leadingZeros } from '../src/argon2-puzzle.ts';

const task = { seed: 'AAECAwQFBgcICQoLDA0ODw', difficulty: 6, memoryKib: 1024, passes: 2 };

test('a number is worth as many bits as another implementation says', async () => {
  const found = await Promise.all([0, 2, 22, 31, 36].map((n) => argon2Zeros(task, n)));
  assert.deepEqual(found, [0, 3, 5, 6, 4]);
});

test('memory and passes are part of the puzzle', async () => {
  const zeros = await Promise.all([
    argon2Zeros({ ...task, passes: 1 }, 31),
    argon2Zeros({ ...task, memoryKib: 2048 }, 31),
  ]);
  assert.ok(zeros.every((bits) => bits !== 6));
});

test('zero bits are counted over whole bytes', () => {
  assert.deepEqual(
    [[0x80], [0x01], [0, 0x40], [0, 0, 0], []].map((bytes) => leadingZeros(new Uint8Array(bytes))),
    [0, 7, 9, 24, 0],
  );
});
