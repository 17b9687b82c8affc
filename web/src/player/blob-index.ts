// What each blob of a title is, learned from the verified playlists: a loader needs nothing but the URL.
import { parseMediaPlaylist, type SegmentRef, SwarmaError, type TitleDetails, type TitleRecord } from '@swarma/client';

type BlobKind = { kind: 'playlist' } | { kind: 'init' } | { kind: 'segment'; ref: SegmentRef };

export class BlobIndex {
  readonly #blobs = new Map<string, BlobKind>();
  readonly #details: TitleDetails;
  readonly #slots: number;
  /** Where each slot begins, in seconds: from the first media playlist read. */
  starts: number[] = [];

  constructor(record: TitleRecord, details: TitleDetails) {
    this.#details = details;
    this.#slots = record.slots;
    this.#blobs.set(record.playlist, { kind: 'playlist' });
    for (const track of details.tracks) this.#blobs.set(track.playlist, { kind: 'playlist' });
  }

  find(blob: string): BlobKind | undefined {
    return this.#blobs.get(blob);
  }

  /** Takes in a media playlist of a track; its text has been verified against its name. */
  addPlaylist(blob: string, text: string): void {
    const track = this.#details.tracks.find((candidate) => candidate.playlist === blob);
    if (!track) return;
    const playlist = parseMediaPlaylist(text);
    if (playlist.segments.length !== this.#slots)
      throw new SwarmaError('answer_bad', 'A track has another number of segments than the title has slots.');
    if (playlist.init) this.#blobs.set(playlist.init, { kind: 'init' });
    playlist.segments.forEach((segment, slot) => {
      const ref = {
        blob: segment.blob,
        extension: segment.extension,
        track: track.id,
        keyGroup: track.key_group,
        slot,
      };
      this.#blobs.set(segment.blob, { kind: 'segment', ref });
    });
    if (this.starts.length === 0) this.starts = playlist.segments.map((segment) => segment.start);
  }

  /** The slot that is on screen at `seconds`. */
  slotAt(seconds: number): number {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.starts[middle] as number) <= seconds + 0.05) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }

  startOf(slot: number): number {
    return this.starts[slot] ?? 0;
  }
}

const kBlobName = /\/([0-9a-f]{64})\.([a-z0-9]+)$/;

/** The blob that a URL names; HLS URIs are `<sha256>.<ext>`. */
export function blobOfUrl(url: string): { blob: string; extension: string } {
  const match = kBlobName.exec(url.split(/[?#]/)[0] ?? '');
  if (!match) throw new SwarmaError('answer_bad', 'A playlist points outside the film.');
  return { blob: match[1] as string, extension: match[2] as string };
}
