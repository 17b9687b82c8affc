// Resumable uploads (tus 1.0) with signed requests. What is needed to resume them is kept in the vault, not in local
// storage.
import { asSwarmaError, isTransient, type SwarmaError, vaultKey } from '@swarma/client';
import { signal } from '@preact/signals';
import { type DetailedError, type PreviousUpload, Upload, type UrlStorage } from 'tus-js-client';
import { client, node } from '../frame/client.ts';

const kDefaultChunkBytes = 4 << 20;
const kLeastChunkBytes = 64 << 10;
const kRetryMs = 3000;

/**
 * After these refusals the upload asks the node how much it has and goes on from there. A browser repeats a request by
 * itself when the connection breaks: then the node has seen the proof before, and may have the chunk.
 */
const kAskWhereItStands = ['upload_busy', 'upload_offset_mismatch', 'upload_not_found', 'replayed_proof'];

/** The largest chunk that gets through: a proxy in front of the node may take less than the node does. */
let chunkLimit = Infinity;

type UploadState = 'running' | 'paused' | 'waiting' | 'done' | 'failed';

/** The upload of one file. */
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

  constructor(file: File, purpose: 'film' | 'captions' | 'poster') {
    this.file = file;
    let resolve: (id: string) => void = () => undefined;
    this.done = new Promise((settle) => (resolve = settle));
    this.#upload = new Upload(file, {
      endpoint: '/v1/uploads',
      chunkSize: Math.min(node.value?.limits?.upload_chunk_bytes ?? kDefaultChunkBytes, chunkLimit),
      retryDelays: null, // #onError retries without a limit: a laptop may stay closed for hours
      metadata: { filename: file.name, filetype: file.type, purpose },
      removeFingerprintOnSuccess: true,
      urlStorage: vaultStorage,
      httpStack: client.creator.signedStack(),
      onChunkComplete: (_size, accepted) => this.#onProgress(accepted),
      onError: (error) => this.#onError(error),
      onSuccess: () => {
        this.sent.value = file.size;
        this.state.value = 'done';
        resolve(this.id ?? '');
      },
    });
    void this.#begin();
  }

  /** The upload's id at the node, once the node has created it. */
  get id(): string | undefined {
    return this.#upload.url?.split('/').at(-1);
  }

  /** Seconds left at the present speed, once the speed is known. */
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

  /** Gives up and asks the node to delete what it has. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.state.value = 'paused';
    this.#upload.abort(true).catch(() => undefined); // the node deletes it by itself after a while
  }

  async #begin(): Promise<void> {
    try {
      const [before] = await this.#upload.findPreviousUploads();
      if (before) this.#upload.resumeFromPreviousUpload(before);
    } catch {
      // Without the vault there is nothing to resume: the upload starts from the beginning.
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
    if (this.#sendsTooMuch(problem)) {
      this.#upload.start();
      return;
    }
    const full = problem.reason === 'disk_full'; // waiting does not help: somebody must make room
    if ((isTransient(problem) && !full) || kAskWhereItStands.includes(problem.reason)) {
      this.state.value = 'waiting';
      this.#timer = setTimeout(() => this.#upload.start(), kRetryMs);
      return;
    }
    this.state.value = 'failed';
    this.error.value = problem;
  }

  /** Whether a proxy refused the chunk for its size; chunks are then halved, for this file and the next ones. */
  #sendsTooMuch(problem: SwarmaError): boolean {
    const { options } = this.#upload;
    const isFilm = problem.reason === 'upload_too_large' || problem.reason === 'upload_too_long';
    const { chunkSize = 0 } = options;
    if (problem.status !== 413 || isFilm || chunkSize <= kLeastChunkBytes) return false;
    chunkLimit = options.chunkSize = Math.max(kLeastChunkBytes, Math.floor(chunkSize / 2));
    return true;
  }
}

/** Names of files whose upload is not finished, for the first page of the studio. */
export async function listUnfinished(): Promise<string[]> {
  return (await load())
    .filter((upload) => upload.metadata['purpose'] === 'film')
    .map((upload) => upload.metadata['filename'] ?? '');
}

interface Stored extends PreviousUpload {
  fingerprint: string;
}

const kUploads = vaultKey<Stored[]>('uploads');
const kKeepMs = 7 * 86400_000;

async function load(): Promise<Stored[]> {
  const all = (await client.vault.get(kUploads)) ?? [];
  return all.filter((upload) => Date.now() - Date.parse(upload.creationTime) < kKeepMs);
}

const vaultStorage: UrlStorage = {
  findAllUploads: load,
  findUploadsByFingerprint: async (fingerprint) =>
    (await load()).filter((upload) => upload.fingerprint === fingerprint),
  removeUpload: async (key) =>
    client.vault.put(
      kUploads,
      (await load()).filter((upload) => upload.urlStorageKey !== key),
    ),
  addUpload: async (fingerprint, upload) => {
    const urlStorageKey = crypto.randomUUID();
    await client.vault.put(kUploads, [
      ...(await load()).filter((held) => held.fingerprint !== fingerprint),
      { ...upload, fingerprint, urlStorageKey },
    ]);
    return urlStorageKey;
  },
};
