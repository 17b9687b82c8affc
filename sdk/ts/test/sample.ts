// The sample of client.ts and of the README: compiled here, and compared with both by sample.test.ts.
import { type SegmentRef, SwarmaClient, type SwarmaClientOptions } from '../src/index.ts';

type Workers = SwarmaClientOptions['workers'];

export async function watch(
  titleId: string,
  segment: SegmentRef,
  workers: Workers,
  signal: AbortSignal,
): Promise<Uint8Array> {
  // begin
  const client = new SwarmaClient({ baseUrl: location.origin, workers });
  const { record } = await client.fetchTitle(titleId); // verified, never older than one seen before
  const session = client.openSession(record);
  const { paths } = await session.offer();
  const path = paths.find((candidate) => !candidate.open);
  if (path) await session.unlock(path, 0); // after its requirements are attested
  await session.waitForKey('sd', 0, signal); // renews keys by itself, or waits for the viewer
  const { bytes } = await session.segments.loadSegment(segment); // hashed and decrypted in a worker
  // end
  return bytes;
}
