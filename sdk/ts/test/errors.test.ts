import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const sdk = new URL('../..', import.meta.url).pathname;

test('a fault that the node finds too has the slug of the node', () => {
  const union = /type SharedReason =(.*?);/s.exec(readFileSync(join(sdk, 'src/errors.ts'), 'utf8'))?.[1] ?? '';
  const shared = [...union.matchAll(/'(\w+)'/g)].map((match) => match[1]);
  assert.ok(shared.length > 15);
  const program = join(sdk, '../../src');
  const sources = readdirSync(program, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.cpp'));
  const text = sources.map((name) => readFileSync(join(program, name), 'utf8')).join('\n');
  assert.deepEqual(
    shared.filter((slug) => !text.includes(`"${slug}"`)),
    [],
  );
});
