// Resumable uploads (tus 1.0) with signed requests. What is needed to go on later lies in the vault, not in local storage.
import { asSwarmaError, isTransient, readProblem, SwarmaError } from '@swarma/client';
import { signal } from '@preact/signals';
import { type DetailedError, type HttpRequest, type HttpResponse, type HttpStack, type PreviousUpload, Upload, type UrlStorage } from 'tus-js-client';
import { client, node } from '../client.ts';

const kDefaultChunkBytes = 4 << 20;
const kRetryMs = 3000;

export type UploadState = 'running' | 'paused' | 'waiting' | 'done' | 'failed';

/** One file on its way to the node. */
export class FileUpload {
  readonly file: File;
  readonly state = signal<UploadState>('running');
  readonly sent = signal(0);
  readonly error = signal<unknown>(undefined);
  readonly done: Promise<string>; // the upload's id at the node
  readonly #upload: Upload;
  #bytesPerSecond = 0;
  #lastProgress = { at: performance.now(), sent: 0 };
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(file: File, purpose: 'film' | 'captions') {
    this.file = file;
    let resolve: (id: string) => void = () => undefined;
    this.done = new Promise((settle) => (resolve = settle));
    this.#upload = new Upload(file, {
      endpoint: '/v1/uploads',
      chunkSize: node.value?.limits?.upload_chunk_bytes ?? kDefaultChunkBytes,
      retryDelays: null, // see #onError: a closed laptop may take hours
      metadata: { filename: file.name, filetype: file.type, purpose },
      removeFingerprintOnSuccess: true,
      urlStorage: vaultStorage,
      httpStack: signedStack,
      onChunkComplete: (_size, accepted) => this.#onProgress(accepted),
      onError: (error) => this.#onError(error),
      onSuccess: () => {
        this.sent.value = file.size;
        this.state.value = 'done';
        resolve((this.#upload.url ?? '').split('/').at(-1) ?? '');
      },
    });
    void this.#begin();
  }

  /** Seconds left at the present speed, once that is known. */
  get secondsLeft(): number | undefined {
    return this.#bytesPerSecond > 0 ? (this.file.size - this.sent.value) / this.#bytesPerSecond : undefined;
  }

  pause(): void {
    clearTimeout(this.#timer);
    this.state.value = 'paused';
    void this.#upload.abort();
  }

  resume(): void {
    this.state.value = 'running';
    this.error.value = undefined;
    this.#lastProgress = { at: performance.now(), sent: this.sent.value };
    this.#upload.start();
  }

  /** Gives up and lets the node forget what it has. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.state.value = 'paused';
    this.#upload.abort(true).catch(() => undefined); // the node forgets it by itself after a while
  }

  async #begin(): Promise<void> {
    try {
      const [before] = await this.#upload.findPreviousUploads();
      if (before) this.#upload.resumeFromPreviousUpload(before);
    } catch {
      // Without the vault there is nothing to take up; the upload begins anew.
    }
    if (this.state.value === 'running') this.#upload.start();
  }

  #onProgress(accepted: number): void {
    const { at, sent } = this.#lastProgress;
    const now = performance.now();
    const speed = ((accepted - sent) * 1000) / Math.max(1, now - at);
    this.#bytesPerSecond = this.#bytesPerSecond > 0 ? this.#bytesPerSecond * 0.8 + speed * 0.2 : speed;
    this.#lastProgress = { at: now, sent: accepted };
    this.sent.value = accepted;
    if (this.state.value === 'waiting') this.state.value = 'running';
  }

  #onError(error: Error | DetailedError): void {
    const cause = 'causingError' in error && error.causingError ? error.causingError : error;
    const problem = asSwarmaError(cause);
    if (this.state.value === 'paused' || problem.reason === 'aborted') return;
    if (isTransient(problem) || problem.reason === 'upload_busy') {
      this.state.value = 'waiting';
      this.#timer = setTimeout(() => this.#upload.start(), kRetryMs);
      return;
    }
    this.state.value = 'failed';
    this.error.value = problem;
  }
}

/** Names of files whose upload was begun and not finished, for the studio's first page. */
export async function listUnfinished(): Promise<string[]> {
  return (await load()).filter((upload) => upload.metadata['purpose'] === 'film').map((upload) => upload.metadata['filename'] ?? '');
}

interface Stored extends PreviousUpload {
  fingerprint: string;
}

const kName = 'uploads';
const kKeepMs = 7 * 86400_000;

async function load(): Promise<Stored[]> {
  const all = ((await client.vault.get(kName)) as Stored[] | undefined) ?? [];
  return all.filter((upload) => Date.now() - Date.parse(upload.creationTime) < kKeepMs);
}

const vaultStorage: UrlStorage = {
  findAllUploads: load,
  findUploadsByFingerprint: async (fingerprint) => (await load()).filter((upload) => upload.fingerprint === fingerprint),
  removeUpload: async (key) => client.vault.put(kName, (await load()).filter((upload) => upload.urlStorageKey !== key)),
  addUpload: async (fingerprint, upload) => {
    const urlStorageKey = crypto.randomUUID();
    await client.vault.put(kName, [...(await load()).filter((held) => held.fingerprint !== fingerprint), { ...upload, fingerprint, urlStorageKey }]);
    return urlStorageKey;
  },
};

/** The HTTP of tus with a proof on every request, and problems as SwarmaErrors. */
const signedStack: HttpStack = {
  createRequest: (method, url) => new SignedRequest(method, url),
  getName: () => 'signed fetch',
};

class SignedRequest implements HttpRequest {
  readonly #method: string;
  readonly #url: string;
  readonly #headers = new Headers();
  readonly #abort = new AbortController();

  constructor(method: string, url: string) {
    this.#method = method;
    this.#url = new URL(url, window.location.origin).href;
  }

  getMethod = () => this.#method;
  getURL = () => this.#url;
  setHeader = (name: string, value: string) => this.#headers.set(name, value);
  getHeader = (name: string) => this.#headers.get(name) ?? undefined;
  setProgressHandler = () => undefined; // progress is told by chunk
  getUnderlyingObject = () => undefined;
  abort = async () => this.#abort.abort();

  async send(body: Blob | undefined): Promise<HttpResponse> {
    const bytes = body ? new Uint8Array(await body.arrayBuffer()) : undefined;
    for (let attempt = 1; ; attempt++) {
      const response = await this.#sendOnce(bytes);
      if (response.ok) return asTusResponse(response);
      if (this.#method === 'HEAD') return asTusResponse(response); // tus begins a new upload when the old one is gone
      const problem = await readProblem(response);
      if (problem.reason === 'use_dpop_nonce' && attempt === 1) continue;
      if (response.status === 409 || response.status === 404) return asTusResponse(response); // tus asks for the offset, or starts anew
      throw problem;
    }
  }

  async #sendOnce(bytes: Uint8Array<ArrayBuffer> | undefined): Promise<Response> {
    const response = await this.#fetchSigned(bytes);
    // An answer to HEAD has no body that says why it is refused: a fresh nonce is worth one more try.
    if (this.#method === 'HEAD' && response.status === 401 && response.headers.has('DPoP-Nonce')) return this.#fetchSigned(bytes);
    return response;
  }

  async #fetchSigned(bytes: Uint8Array<ArrayBuffer> | undefined): Promise<Response> {
    for (const [name, value] of Object.entries(await client.creator.headers(this.#method, this.#url, bytes))) this.#headers.set(name, value);
    try {
      const init: RequestInit = { method: this.#method, headers: this.#headers, signal: this.#abort.signal, credentials: 'omit', cache: 'no-store' };
      const response = await fetch(this.#url, bytes ? { ...init, body: bytes } : init);
      client.creator.rememberNonce(response.headers.get('DPoP-Nonce'));
      return response;
    } catch (cause) {
      if (this.#abort.signal.aborted) throw new SwarmaError('aborted', 'The upload was paused.', { cause });
      throw new SwarmaError('node_unreachable', 'The node does not answer.', { cause });
    }
  }
}

function asTusResponse(response: Response): HttpResponse {
  return {
    getStatus: () => response.status,
    getHeader: (name) => response.headers.get(name) ?? undefined,
    getBody: () => '',
    getUnderlyingObject: () => response,
  };
}
