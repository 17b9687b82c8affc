// The worker around a SegmentPipeline. One worker serves one title. Messages: see segment-client.ts.
import { asSwarmaError } from './errors.ts';
import type { WorkerReply, WorkerRequest } from './segment-client.ts';
import { type LoadedBlob, SegmentPipeline } from './segment-pipeline.ts';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const running = new Map<number, AbortController>();
let pipeline: SegmentPipeline | undefined;

scope.onmessage = (event: MessageEvent<WorkerRequest>) => {
  const request = event.data;
  if (request.kind === 'open') pipeline = new SegmentPipeline(request.config);
  else if (request.kind === 'keys') pipeline?.addKeys(request.keyGroup, request.nodes, request.expiresAt);
  else if (request.kind === 'expire') pipeline?.dropExpired(request.now);
  else if (request.kind === 'abort') running.get(request.id)?.abort();
  else void load(request);
};

async function load(request: Extract<WorkerRequest, { id: number; kind: 'segment' | 'blob' }>): Promise<void> {
  const { id } = request;
  const abort = new AbortController();
  running.set(id, abort);
  try {
    if (!pipeline) throw new Error('The worker was used before it was opened.');
    let loaded: LoadedBlob;
    if (request.kind === 'segment') loaded = await pipeline.loadSegment(request.ref, abort.signal, makeProgress(id));
    else loaded = await pipeline.loadBlob(request.blob, request.extension, request.maxBytes, abort.signal);
    if (!abort.signal.aborted) reply({ id, kind: 'loaded', ...loaded }, [loaded.bytes.buffer]);
  } catch (error) {
    const { reason, message, status } = asSwarmaError(error);
    if (!abort.signal.aborted) reply({ id, kind: 'failed', reason, message, status });
  } finally {
    running.delete(id);
  }
}

function makeProgress(id: number): (loaded: number, total: number) => void {
  let next = 0;
  return (loaded, total) => {
    if (performance.now() < next) return;
    next = performance.now() + 100;
    reply({ id, kind: 'progress', loaded, total });
  };
}

function reply(message: WorkerReply, transfer: Transferable[] = []): void {
  scope.postMessage(message, transfer);
}
