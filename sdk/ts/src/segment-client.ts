// The page's side of the segment worker: promises over messages, abort passed on, an answer to an aborted load dropped.
import { SwarmaError } from './errors.ts';
import type { TreeNode } from './key-tree.ts';
import type { LoadedBlob, PipelineConfig, SegmentRef } from './segment-pipeline.ts';

export type WorkerRequest =
  | { kind: 'open'; config: PipelineConfig }
  | { kind: 'keys'; keyGroup: string; nodes: TreeNode[]; expiresAt: number }
  | { kind: 'expire'; now: number }
  | { kind: 'segment'; id: number; ref: SegmentRef }
  | { kind: 'blob'; id: number; blob: string; extension: string; maxBytes: number }
  | { kind: 'abort'; id: number };

export type WorkerReply =
  | ({ kind: 'loaded'; id: number } & LoadedBlob)
  | { kind: 'progress'; id: number; loaded: number; total: number }
  | { kind: 'failed'; id: number; reason: string; message: string; status: number };

/** What a title session needs of its worker. */
export interface SegmentLoader {
  addKeys(keyGroup: string, nodes: TreeNode[], expiresAt: number): void;
  dropExpired(now: number): void;
  loadSegment(
    ref: SegmentRef,
    signal?: AbortSignal,
    onProgress?: (loaded: number, total: number) => void,
  ): Promise<LoadedBlob>;
  loadBlob(blob: string, extension: string, maxBytes: number, signal?: AbortSignal): Promise<LoadedBlob>;
  close(): void;
}

interface Pending {
  resolve(loaded: LoadedBlob): void;
  reject(error: SwarmaError): void;
  onProgress: ((loaded: number, total: number) => void) | undefined;
}

export class WorkerSegmentLoader implements SegmentLoader {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;

  constructor(worker: Worker, config: PipelineConfig) {
    this.#worker = worker;
    worker.onmessage = (event: MessageEvent<WorkerReply>) => this.#onReply(event.data);
    worker.onerror = () =>
      this.#failAll(
        new SwarmaError('internal', 'The part of the page that opens the film has stopped. Load the page again.'),
      );
    this.#post({ kind: 'open', config });
  }

  addKeys(keyGroup: string, nodes: TreeNode[], expiresAt: number): void {
    this.#post({ kind: 'keys', keyGroup, nodes, expiresAt });
  }

  dropExpired(now: number): void {
    this.#post({ kind: 'expire', now });
  }

  loadSegment(
    ref: SegmentRef,
    signal?: AbortSignal,
    onProgress?: (loaded: number, total: number) => void,
  ): Promise<LoadedBlob> {
    return this.#load((id) => ({ kind: 'segment', id, ref }), signal, onProgress);
  }

  loadBlob(blob: string, extension: string, maxBytes: number, signal?: AbortSignal): Promise<LoadedBlob> {
    return this.#load((id) => ({ kind: 'blob', id, blob, extension, maxBytes }), signal);
  }

  close(): void {
    this.#worker.terminate();
    this.#failAll(new SwarmaError('aborted', 'The title was closed.'));
  }

  #load(
    make: (id: number) => WorkerRequest,
    signal?: AbortSignal,
    onProgress?: Pending['onProgress'],
  ): Promise<LoadedBlob> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#pending.delete(id);
        this.#post({ kind: 'abort', id });
        reject(new SwarmaError('aborted', 'The request was given up.'));
      };
      if (signal?.aborted) return reject(new SwarmaError('aborted', 'The request was given up.'));
      signal?.addEventListener('abort', onAbort, { once: true });
      const settled = () => signal?.removeEventListener('abort', onAbort);
      this.#pending.set(id, {
        resolve: (loaded) => (settled(), resolve(loaded)),
        reject: (error) => (settled(), reject(error)),
        onProgress,
      });
      this.#post(make(id));
    });
  }

  #onReply(reply: WorkerReply): void {
    const pending = this.#pending.get(reply.id);
    if (!pending) return;
    if (reply.kind === 'progress') return pending.onProgress?.(reply.loaded, reply.total);
    this.#pending.delete(reply.id);
    if (reply.kind === 'loaded') pending.resolve({ bytes: reply.bytes, timing: reply.timing });
    else pending.reject(new SwarmaError(reply.reason, reply.message, { status: reply.status }));
  }

  #failAll(error: SwarmaError): void {
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }

  #post(request: WorkerRequest): void {
    this.#worker.postMessage(request);
  }
}
