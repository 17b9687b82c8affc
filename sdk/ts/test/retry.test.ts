import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwarmaError } from '../src/errors.ts';
import { backoff, stubbornly } from '../src/retry.ts';

test('what does not answer is asked again, what refuses is not', async () => {
  const said: string[] = [];
  const host = {
    signal: new AbortController().signal,
    onTrouble: ({ reason }: SwarmaError) => said.push(reason),
    onWell: () => said.push('well'),
  };
  const failures = [new SwarmaError('unreachable', 'No answer.')];
  const work = () => (failures.length > 0 ? Promise.reject(failures.shift()!) : Promise.resolve('film'));
  assert.equal(await stubbornly(work, host), 'film');
  assert.deepEqual(said, ['unreachable', 'well']);
  await assert.rejects(
    stubbornly(() => Promise.reject(new SwarmaError('hash_mismatch', 'Wrong bytes.')), host),
    { reason: 'hash_mismatch' },
  );
});

test('an abort ends the wait', async () => {
  const abort = new AbortController();
  const host = { signal: abort.signal, onTrouble: () => abort.abort(), onWell: () => undefined };
  await assert.rejects(
    stubbornly(() => Promise.reject(new SwarmaError('unreachable', 'No answer.')), host),
    { reason: 'aborted' },
  );
});

test('pauses double up to the longest', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 99].map((failures) => backoff(failures, 0.5, 3)),
    [0.5, 1, 2, 3, 3],
  );
});
