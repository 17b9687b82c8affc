// Pictures for seeking: one encrypted JPEG for each slot, loaded when the pointer is over the slot. Locked slots have
// none.
import { fetchMediaPlaylist, type MediaPlaylist, type TitleSession, type Track } from '@swarma/client';
import { client } from '../frame/client.ts';
import type { LoadedTitle } from '../title/loaded-title.ts';

const kMaxHeld = 400;

export interface Picture {
  bitmap: ImageBitmap;
  x: number;
  y: number;
  width: number;
  height: number;
}

export class Storyboard {
  readonly #session: TitleSession;
  readonly #track: Track | undefined;
  readonly #slots: number;
  readonly #held = new Map<number, Promise<ImageBitmap | undefined>>();
  #playlist: Promise<MediaPlaylist> | undefined;

  constructor({ session, details, record }: LoadedTitle) {
    this.#session = session;
    this.#slots = record.slots;
    this.#track = details.tracks.find((track) => track.kind === 'storyboard');
  }

  /** The picture for `seconds`, or nothing when there is none or the slot is locked. */
  async picture(seconds: number): Promise<Picture | undefined> {
    const track = this.#track;
    if (!track) return undefined;
    this.#playlist ??= fetchMediaPlaylist(track, this.#slots, client.sources);
    const { segments } = await this.#playlist;
    const slot = segments.findIndex((segment) => seconds < segment.start + segment.seconds);
    const segment = segments[slot];
    if (!segment || !this.#session.covers(track.key_group, slot)) return undefined;
    const bitmap = await this.#open(track, slot, segment.blob, segment.extension);
    if (!bitmap) return undefined;
    const { columns = 1, rows = 1 } = track.tiles ?? {};
    const place = Math.min(
      columns * rows - 1,
      Math.floor(((seconds - segment.start) / segment.seconds) * columns * rows),
    );
    const width = bitmap.width / columns;
    const height = bitmap.height / rows;
    return { bitmap, x: (place % columns) * width, y: Math.floor(place / columns) * height, width, height };
  }

  #open(track: Track, slot: number, blob: string, extension: string): Promise<ImageBitmap | undefined> {
    let held = this.#held.get(slot);
    if (!held) {
      held = this.#session.segments
        .loadSegment({ blob, extension, track: track.id, keyGroup: track.key_group, slot })
        .then(
          ({ bytes }) => createImageBitmap(new Blob([bytes], { type: 'image/jpeg' })),
          () => (this.#held.delete(slot), undefined), // a missing picture is no error to report
        );
      if (this.#held.size >= kMaxHeld) this.#held.delete(this.#held.keys().next().value as number);
      this.#held.set(slot, held);
    }
    return held;
  }
}
