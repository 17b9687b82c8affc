// From the name of a segment to its plaintext: fetch, compare the SHA-256 with the name, decrypt with AES-256-GCM under
// the key of (track, slot). Holds the key rings of one title. Runs in a worker (segment-worker.ts); in tests, anywhere.
import { type FetchTiming, fetchBlob, kMaxSegmentBytes } from './blob.ts';
import { type Bytes, subtle } from './encoding.ts';
import { SwarmaError } from './errors.ts';
import { additionalData, contentKey, KeyRing, type TreeNode } from './key-tree.ts';

export interface PipelineConfig {
  titleId: Bytes;
  salt: Bytes;
  slots: number;
  sources: string[];
}

export interface SegmentRef {
  blob: string;
  extension?: string;
  track: string;
  keyGroup: string;
  slot: number;
}

export interface LoadedBlob {
  bytes: Bytes;
  timing: FetchTiming;
}

export class SegmentPipeline {
  readonly #config: PipelineConfig;
  readonly #rings = new Map<string, KeyRing>();
  readonly #fetch: typeof fetch;

  constructor(config: PipelineConfig, fetchFunction: typeof fetch = fetch) {
    this.#config = config;
    this.#fetch = (...args) => fetchFunction(...args);
  }

  addKeys(keyGroup: string, nodes: TreeNode[], expiresAt: number): void {
    let ring = this.#rings.get(keyGroup);
    if (!ring) {
      ring = new KeyRing(this.#config.slots);
      this.#rings.set(keyGroup, ring);
    }
    for (const node of nodes) ring.add(node, expiresAt);
  }

  dropExpired(now: number): void {
    for (const ring of this.#rings.values()) ring.dropExpired(now);
  }

  async loadSegment(
    ref: SegmentRef,
    signal?: AbortSignal,
    onProgress?: (loaded: number, total: number) => void,
  ): Promise<LoadedBlob> {
    const options = { sources: this.#config.sources, maxBytes: kMaxSegmentBytes, signal, fetch: this.#fetch };
    const { bytes, timing } = await fetchBlob(ref.blob, {
      ...options,
      ...(ref.extension && { extension: ref.extension }),
      ...(onProgress && { onProgress }),
    });
    return { bytes: await this.decrypt(ref, bytes), timing };
  }

  async loadBlob(blob: string, extension: string, maxBytes: number, signal?: AbortSignal): Promise<LoadedBlob> {
    return fetchBlob(blob, { sources: this.#config.sources, extension, maxBytes, signal, fetch: this.#fetch });
  }

  /** Decrypts into new memory. The encrypted bytes are left as they are. */
  async decrypt(ref: SegmentRef, stored: Bytes): Promise<Bytes> {
    const leaf = await this.#rings.get(ref.keyGroup)?.leaf(ref.slot);
    if (!leaf) throw new SwarmaError('slot_not_granted', 'No key is held for this part of the film.');
    const key = await subtle().importKey('raw', await contentKey(leaf, ref.track), 'AES-GCM', false, ['decrypt']);
    const aad = additionalData(this.#config.titleId, this.#config.salt, ref.track, ref.slot);
    try {
      const plain = await subtle().decrypt(
        { name: 'AES-GCM', iv: new Uint8Array(12), additionalData: aad, tagLength: 128 },
        key,
        stored,
      );
      return new Uint8Array(plain);
    } catch (cause) {
      throw new SwarmaError(
        'decryption_failed',
        'A part of the film does not open with its key: it belongs elsewhere or was altered.',
        { cause },
      );
    }
  }
}
