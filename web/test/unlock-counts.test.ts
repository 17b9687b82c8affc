import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countsByWay, kShownDays } from '../src/studio/unlock-counts.ts';

const kDay = 86_400;
const now = 20_000 * kDay + 5;
const at = (ago: number, path: string, unlocks: number) => ({ day: (20_000 - ago) * kDay, path, unlocks });

test('unlocks are counted by way, over a week and over the days shown', () => {
  const ways = countsByWay(
    { days: [at(kShownDays, 'old', 9), at(8, 'puzzle', 5), at(6, 'promise', 1), at(0, 'puzzle', 2)] },
    now,
  );
  assert.deepEqual(
    ways.map(({ path, week, month }) => [path, week, month]),
    [
      ['puzzle', 2, 7],
      ['promise', 1, 1],
    ],
  );
  assert.equal(ways[0]?.days.length, kShownDays);
  assert.equal(ways[0]?.days.at(-1), 2);
  assert.deepEqual(countsByWay({ days: [] }, now), []);
});
