import assert from 'node:assert/strict';
import { test } from 'node:test';
import { playsUntil } from '../src/player/plays-until.ts';

test('the film plays on through what is open and what is in memory', () => {
  assert.equal(
    playsUntil(10, [
      [0, 40],
      [39.8, 60],
    ]),
    60,
  );
  assert.equal(
    playsUntil(10, [
      [50, 60],
      [0, 40],
    ]),
    40,
    'a gap ends it',
  );
  assert.equal(playsUntil(10, [[0, Infinity]]), Infinity);
  assert.equal(
    playsUntil(45, [
      [0, 40],
      [50, 60],
    ]),
    undefined,
    'here nothing plays',
  );
  assert.equal(playsUntil(39.5, [[0, 40]]), undefined, 'half a second is no playing on');
  assert.equal(playsUntil(0, []), undefined);
});
