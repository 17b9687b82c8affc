import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('a fault that the node finds too has the slug of the node', () => {
  const union = /type SharedReason =(.*?);/s.exec(read('src/errors.ts'))?.[1] ?? '';
  const shared = [...union.matchAll(/'(\w+)'/g)].map((match) => match[1] ?? '');
  assert.ok(shared.length > 15);
  const listed = JSON.parse(read('../../src/api/problems/problems.json')) as Record<string, unknown>;
  assert.deepEqual(
    shared.filter((slug) => !(slug in listed)),
    [],
  );
});
