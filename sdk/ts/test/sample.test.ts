import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const lines = (text: string, prefix: RegExp): string[] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.replace(prefix, ''));

test('the sample in client.ts and in the README is the one that compiles', () => {
  const sample = lines(/\/\/ begin\n(.*?)\n *\/\/ end/s.exec(read('test/sample.ts'))?.[1] ?? '', /^ +/);
  assert.ok(sample.length > 5);
  assert.deepEqual(lines(/^\/\/\n((?:\/\/   .*\n)+)/m.exec(read('src/client.ts'))?.[1] ?? '', /^\/\/ {3}/), sample);
  assert.deepEqual(lines(/```ts\n(.*?)```/s.exec(read('README.md'))?.[1] ?? '', /^/), sample);
});
