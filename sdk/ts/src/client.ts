// The entry to this library:
//
//   const client = new SwarmaClient({ baseUrl: location.origin, workers });
//   const { record } = await client.fetchTitle(titleId); // verified, never older than one seen before
//   const session = client.openSession(record);
//   const { paths } = await session.offer();
//   const path = paths.find((candidate) => !candidate.open);
//   if (path) await session.unlock(path, 0); // after its requirements are attested
//   await session.waitForKey('sd', 0, signal); // renews keys by itself, or waits for the viewer
//   const { bytes } = await session.segments.loadSegment(segment); // hashed and decrypted in a worker
import { Creator } from './creator.ts';
import { fromBase32, fromBase64url } from './encoding.ts';
import { Http } from './http.ts';
import { PersonKeys } from './keys.ts';
import { type PuzzleProgress, type PuzzleWorkers, runPuzzle } from './puzzle-runner.ts';
import { type SegmentLoader, WorkerSegmentLoader } from './segment-client.ts';
import { IndexedDbStore, type Store, Vault } from './store.ts';
import { fetchDetails, RevisionMemory, verifyRecord } from './title.ts';
import { TitleSession } from './title-session.ts';
import type { CatalogEntry, NodeInfo, RequirementLeaf, TitleDetails, TitleRecord } from './wire.ts';

export interface SwarmaClientOptions {
  baseUrl: string;
  /** The page makes the workers, because only its bundler knows their addresses. */
  workers: PuzzleWorkers & { segment: () => Worker };
  store?: Store;
  fetch?: typeof fetch;
}

export interface VerifiedTitle {
  record: TitleRecord;
  jws: string;
}

export class SwarmaClient {
  readonly http: Http;
  readonly vault: Vault;
  readonly creator: Creator;
  readonly #options: SwarmaClientOptions;
  readonly #keys: PersonKeys;
  readonly #revisions: RevisionMemory;

  constructor(options: SwarmaClientOptions) {
    const store = options.store ?? new IndexedDbStore();
    this.#options = options;
    this.http = new Http(options.baseUrl, options.fetch);
    this.vault = new Vault(store);
    this.#keys = new PersonKeys(store, this.vault);
    this.#revisions = new RevisionMemory(this.vault);
    this.creator = new Creator(this.http, this.vault, this.#keys);
  }

  /** Base URLs from which blobs are fetched. */
  get sources(): string[] {
    return [this.http.baseUrl];
  }

  async node(): Promise<NodeInfo> {
    const info = await this.http.call<NodeInfo>('/v1/node');
    this.http.rememberNonce(info.nonce);
    return info;
  }

  async search(
    query: string,
    more: { cursor?: string | undefined; limit?: number; signal?: AbortSignal } = {},
  ): Promise<{ titles: CatalogEntry[]; next?: string | null }> {
    const parameters = new URLSearchParams({ q: query, limit: String(more.limit ?? 24) });
    if (more.cursor) parameters.set('cursor', more.cursor);
    return this.http.call(`/v1/catalog/search?${parameters}`, { signal: more.signal });
  }

  /** The newest record of the title: verified, and not older than any that this browser has seen. */
  async fetchTitle(titleId: string, signal?: AbortSignal): Promise<VerifiedTitle> {
    const { record: jws } = await this.http.call<{ record: string }>(`/v1/titles/${encodeURIComponent(titleId)}`, {
      signal,
    });
    const record = await verifyRecord(jws, titleId);
    await this.#revisions.accept(record);
    return { record, jws };
  }

  fetchDetails(record: TitleRecord, signal?: AbortSignal): Promise<TitleDetails> {
    return fetchDetails(record, this.sources, signal);
  }

  openSession(record: TitleRecord): TitleSession {
    const config = {
      titleId: fromBase32(record.title_id),
      salt: fromBase64url(record.salt),
      slots: record.slots,
      sources: this.sources,
    };
    const segments: SegmentLoader = new WorkerSegmentLoader(this.#options.workers.segment(), config);
    return new TitleSession(record, segments, { http: this.http, vault: this.vault, keys: this.#keys });
  }

  solvePuzzle(
    session: TitleSession,
    leaf: RequirementLeaf,
    onProgress: (progress: PuzzleProgress) => void,
    signal: AbortSignal,
  ): Promise<void> {
    return runPuzzle(session, leaf, this.#options.workers, onProgress, signal);
  }
}
