// The loaders for hls.js. Playlists, init segments and segments all go through the title's worker, which fetches them
// by hash, verifies them, and decrypts segments once their key is there. hls.js sees plain HLS.
//
// While the node does not answer, a loader keeps asking for as long as hls.js wants the bytes, and playback goes on
// when the node is back. Bytes that are wrong at every source are an error. After abort() or destroy() nothing is
// reported.
import {
  asSwarmaError,
  fromUtf8,
  kMaxPlaylistBytes,
  type LoadedBlob,
  stubbornly,
  type SwarmaError,
  type TitleSession,
} from '@swarma/client';
import type { Loader, LoaderCallbacks, LoaderConfiguration, LoaderContext, LoaderStats } from 'hls.js';
import { type BlobIndex, blobOfUrl } from './blob-index.ts';

interface LoadReport {
  verifiedBytes: number;
  refusedCopies: number;
}

interface LoaderHost {
  session: TitleSession;
  index: BlobIndex;
  report: LoadReport;
  onTrouble(error: SwarmaError): void;
  onWell(): void;
  onBroken(error: SwarmaError): void;
}

type AnyLoader = new (config: unknown) => Loader<LoaderContext>;

/** A loader class for both `fLoader` and `pLoader`: playlists are given as text, everything else as bytes. */
export function makeLoaderClass(host: LoaderHost): AnyLoader {
  return class BlobLoader implements Loader<LoaderContext> {
    context: LoaderContext | null = null;
    readonly stats: LoaderStats = emptyStats();
    readonly #abort = new AbortController();
    #callbacks: LoaderCallbacks<LoaderContext> | null = null; // null once there is nothing left to report

    load(context: LoaderContext, _config: LoaderConfiguration, callbacks: LoaderCallbacks<LoaderContext>): void {
      this.context = context;
      this.#callbacks = callbacks;
      this.stats.loading.start = performance.now();
      void this.#run(context, callbacks);
    }

    abort(): void {
      const callbacks = this.#giveUp();
      if (this.context) callbacks?.onAbort?.(this.stats, this.context, null);
    }

    destroy(): void {
      this.#giveUp();
      this.context = null;
    }

    /** Stops a running load. A finished one is not marked as aborted: its stats feed the bandwidth estimate. */
    #giveUp(): LoaderCallbacks<LoaderContext> | null {
      const callbacks = this.#callbacks;
      this.#callbacks = null;
      if (callbacks) this.stats.aborted = true;
      this.#abort.abort();
      return callbacks;
    }

    async #run(context: LoaderContext, callbacks: LoaderCallbacks<LoaderContext>): Promise<void> {
      try {
        const { signal } = this.#abort;
        const onTrouble = (problem: SwarmaError) => {
          this.stats.retry++;
          host.onTrouble(problem);
        };
        const load = () => loadOnce(host, context.url, this.stats, signal);
        const { data, loaded } = await stubbornly(load, { signal, onTrouble, onWell: host.onWell });
        if (signal.aborted) return;
        fillStats(this.stats, loaded);
        this.#callbacks = null;
        callbacks.onSuccess({ url: context.url, data, code: 200 }, this.stats, context, null);
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        const problem = asSwarmaError(error);
        host.onBroken(problem);
        this.#callbacks = null;
        callbacks.onError({ code: problem.status, text: problem.reason }, context, null, this.stats);
      }
    }
  };
}

async function loadOnce(
  host: LoaderHost,
  url: string,
  stats: LoaderStats,
  signal: AbortSignal,
): Promise<{ data: string | ArrayBuffer; loaded: LoadedBlob }> {
  const { blob, extension } = blobOfUrl(url);
  const known = host.index.find(blob);
  const { segments } = host.session;
  if (known?.kind === 'segment') {
    await waitForKey(host, blob, extension, known.ref, signal);
    const loaded = await segments.loadSegment(known.ref, signal, (bytes, total) => {
      stats.loaded = bytes;
      stats.total = total;
    });
    return { data: loaded.bytes.buffer, loaded: count(host, loaded) };
  }
  const loaded = count(host, await segments.loadBlob(blob, extension, kMaxPlaylistBytes, signal));
  if (known?.kind !== 'playlist') return { data: loaded.bytes.buffer, loaded };
  const text = fromUtf8(loaded.bytes);
  host.index.addPlaylist(blob, text);
  return { data: text, loaded };
}

/** Waits for the key. If the key will come without the viewer, the ciphertext is fetched meanwhile. */
async function waitForKey(
  host: LoaderHost,
  blob: string,
  extension: string,
  ref: { keyGroup: string; slot: number },
  signal: AbortSignal,
): Promise<void> {
  const { session } = host;
  if (!session.covers(ref.keyGroup, ref.slot)) {
    // WaitForKey meets the same error and reports it.
    const reachable = await session.isWithinReach(ref.keyGroup, ref.slot).catch(() => false);
    // Only warms the cache.
    if (reachable) session.segments.loadBlob(blob, extension, 128 << 20, signal).catch(() => undefined);
  }
  await session.waitForKey(ref.keyGroup, ref.slot, signal);
}

function count(host: LoaderHost, loaded: LoadedBlob): LoadedBlob {
  host.report.verifiedBytes += loaded.timing.bytes;
  host.report.refusedCopies += loaded.timing.refused;
  return loaded;
}

function emptyStats(): LoaderStats {
  return {
    aborted: false,
    loaded: 0,
    retry: 0,
    total: 0,
    chunkCount: 0,
    bwEstimate: 0,
    loading: { start: 0, first: 0, end: 0 },
    parsing: { start: 0, end: 0 },
    buffering: { start: 0, first: 0, end: 0 },
  };
}

/**
 * The bandwidth estimate must see the transfer alone, not the wait for a key: times come from the fetch in the worker.
 */
function fillStats(stats: LoaderStats, { timing }: LoadedBlob): void {
  stats.loading.start = timing.start - performance.timeOrigin;
  stats.loading.first = Math.max(stats.loading.start, timing.first - performance.timeOrigin);
  stats.loading.end = Math.max(stats.loading.first, timing.end - performance.timeOrigin);
  stats.loaded = stats.total = timing.bytes;
}
