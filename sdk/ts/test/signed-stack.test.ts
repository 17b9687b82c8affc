import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwarmaError } from '../src/errors.ts';
import type { TransportInit } from '../src/http.ts';
import { makeSignedStack } from '../src/signed-stack.ts';

test('an upload request carries its headers and its chunk, and its answer comes back', async () => {
  const sent: (TransportInit & { url: string })[] = [];
  const stack = makeSignedStack(async (request) => {
    sent.push(request);
    return new Response(null, { status: 204, headers: { 'Upload-Offset': '3' } });
  });
  const request = stack.createRequest('PATCH', '/v1/uploads/1');
  request.setHeader('Upload-Offset', '0');
  const response = await request.send(new Blob(['abc']));
  assert.equal(response.getStatus(), 204);
  assert.equal(response.getHeader('upload-offset'), '3');
  assert.equal(sent[0]?.url, '/v1/uploads/1');
  assert.equal(sent[0].headers.get('Upload-Offset'), '0');
  assert.deepEqual(sent[0].body, new TextEncoder().encode('abc'));
});

test('only an upload that is gone is no error to its HEAD', async () => {
  const refuse = (status: number) =>
    makeSignedStack(() => Promise.reject(new SwarmaError('refused', 'No.', { status })));
  for (const status of [404, 410]) {
    assert.equal((await refuse(status).createRequest('HEAD', '/v1/uploads/1').send()).getStatus(), status);
    await assert.rejects(refuse(status).createRequest('PATCH', '/v1/uploads/1').send(), { status });
  }
  await assert.rejects(refuse(503).createRequest('HEAD', '/v1/uploads/1').send(), { status: 503 });
});

test('an abort reaches what is under way', async () => {
  const stack = makeSignedStack(
    ({ signal }) =>
      new Promise((_, reject) =>
        signal?.addEventListener('abort', () => reject(new SwarmaError('aborted', 'Given up.'))),
      ),
  );
  const request = stack.createRequest('PATCH', '/v1/uploads/1');
  const answer = request.send(new Blob(['abc']));
  await new Promise((resolve) => setImmediate(resolve));
  await request.abort();
  await assert.rejects(answer, { reason: 'aborted' });
});
