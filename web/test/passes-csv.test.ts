import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GivenPass } from '@swarma/client';
import { passesAsCsv } from '../src/studio/passes-csv.ts';

const pass: GivenPass = {
  pass_id: 'p1',
  holder: '-dangerous=number',
  tier: 'gold',
  titles: ['a', 'b'],
  valid_from: 0,
  valid_until: 86400,
  state: 'revoked',
  path: 'with, "comma"',
  revoked_at: 3600,
};

test('a spreadsheet reads every pass, and computes nothing', () => {
  const lines = passesAsCsv([pass]).split('\r\n');
  assert.equal(lines[0], 'pass_id,holder,tier,titles,valid_from,valid_until,state,path,revoked_at');
  assert.equal(
    lines[1],
    `p1,'-dangerous=number,gold,a b,1970-01-01T00:00:00.000Z,1970-01-02T00:00:00.000Z,revoked,"with, ""comma""",1970-01-01T01:00:00.000Z`,
  );
  assert.equal(passesAsCsv([]).split('\r\n').length, 2);
});
