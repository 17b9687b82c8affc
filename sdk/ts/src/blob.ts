// Fetches blobs from several sources, with a bound on their size. Nobody sees a byte before the hash matches the name.
import { type Bytes, sha256, toHex } from './encoding.ts';
import { SwarmaError } from './errors.ts';

export const kMaxPlaylistBytes = 16 << 20;
export const kMaxDetailsBytes = 4 << 20;
export const kMaxSegmentBytes = 128 << 20;

export interface FetchTiming {
  start: number; // Unix milliseconds, fractional
  first: number;
  end: number;
  bytes: number;
  refused: number; // copies that did not match their name
}

interface FetchBlobOptions {
  /** Base URLs, in order of preference. When all fail, the last one is asked once more, bypassing caches. */
  sources: readonly string[];
  maxBytes: number;
  extension?: string;
  signal?: AbortSignal | undefined;
  fetch?: typeof fetch;
  onProgress?: (loaded: number, total: number) => void;
}

const kHex64 = /^[0-9a-f]{64}$/;

/** The verified bytes of a blob and how the fetch went. */
export async function fetchBlob(id: string, options: FetchBlobOptions): Promise<{ bytes: Bytes; timing: FetchTiming }> {
  if (!kHex64.test(id)) throw new SwarmaError('answer_bad', 'A blob name is not a SHA-256.');
  const timing: FetchTiming = { start: wallClock(), first: 0, end: 0, bytes: 0, refused: 0 };
  const attempts = options.sources.map((source) => ({ source, fresh: false }));
  const last = options.sources.at(-1);
  if (last !== undefined) attempts.push({ source: last, fresh: true });
  let failure = new SwarmaError('blob_not_found', 'Nobody has this part of the film.');
  for (const { source, fresh } of attempts) {
    try {
      const bytes = await fetchOnce(
        `${source}/${id}${options.extension ? `.${options.extension}` : ''}`,
        fresh,
        options,
        timing,
      );
      if (toHex(await sha256(bytes)) === id) {
        timing.bytes = bytes.length;
        return { bytes, timing };
      }
      timing.refused++;
      failure = new SwarmaError(
        'hash_mismatch',
        'A part of the film was not what its name says, from every source; it was not shown.',
      );
    } catch (error) {
      if (options.signal?.aborted) throw new SwarmaError('aborted', 'The request was given up.', { cause: error });
      if (!(error instanceof SwarmaError)) throw error;
      if (failure.reason !== 'hash_mismatch') failure = error;
    }
  }
  throw failure;
}

async function fetchOnce(url: string, fresh: boolean, options: FetchBlobOptions, timing: FetchTiming): Promise<Bytes> {
  let response: Response;
  try {
    response = await (options.fetch ?? fetch)(url, {
      signal: options.signal ?? null,
      credentials: 'omit',
      cache: fresh ? 'reload' : 'default',
    });
  } catch (cause) {
    throw new SwarmaError('unreachable', 'The node does not answer.', { cause });
  }
  timing.first = wallClock();
  if (!response.ok || !response.body) {
    throw new SwarmaError(
      response.status === 404 ? 'blob_not_found' : 'unreachable',
      `The node answered ${response.status} for a part of the film.`,
      {
        status: response.status,
      },
    );
  }
  const bytes = await readAll(response.body, Number(response.headers.get('Content-Length') ?? 0), options);
  timing.end = wallClock();
  return bytes;
}

async function readAll(body: ReadableStream<Uint8Array>, announced: number, options: FetchBlobOptions): Promise<Bytes> {
  const tooLarge = () => new SwarmaError('blob_too_large', 'A part of the film is larger than the protocol allows.');
  if (announced > options.maxBytes) throw tooLarge();
  const reader = body.getReader();
  const pieces: Uint8Array[] = [];
  let loaded = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw new SwarmaError('unreachable', 'The connection broke.', { cause });
    });
    if (done) break;
    loaded += value.length;
    if (loaded > options.maxBytes) {
      await reader.cancel();
      throw tooLarge();
    }
    pieces.push(value);
    options.onProgress?.(loaded, announced);
  }
  const out = new Uint8Array(loaded);
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

function wallClock(): number {
  return performance.timeOrigin + performance.now();
}
