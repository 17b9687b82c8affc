// Where playback stands still because a key is missing, and why. It knows the session and the place in the film, but
// not how the film is played.
import { signal } from '@preact/signals';
import type { LoadedTitle } from '../title/loaded-title.ts';
import type { BlobIndex } from './blob-index.ts';

/**
 * What the viewer must unlock to go on: the slot that playback reached, the slot it was moved to, or a chosen quality.
 */
export interface Ask {
  kind: 'reached' | 'sought' | 'quality';
  group: string;
  slot: number;
}

// At these events playback may have stopped or resumed.
const kMoments = ['timeupdate', 'waiting', 'playing', 'canplay'] as const;

export class Locks {
  /** Key groups whose key for the present slot is there or can be fetched without asking the viewer. */
  readonly openGroups = signal<ReadonlySet<string>>(new Set());
  readonly ask = signal<Ask | undefined>(undefined);

  readonly #video: HTMLVideoElement;
  readonly #title: LoadedTitle;
  readonly #index: BlobIndex;
  readonly #stops: (() => void)[] = [];
  readonly #locked = new Map<string, { group: string; slot: number }>();
  #seeking = false;

  constructor(video: HTMLVideoElement, title: LoadedTitle, index: BlobIndex) {
    this.#video = video;
    this.#title = title;
    this.#index = index;
    this.#stops.push(
      title.session.subscribe((event) => {
        if (event.kind === 'locked') this.#locked.set(`${event.group}/${event.slot}`, event);
        else if (event.kind === 'changed') this.#forgetOpened();
        this.#reconsider();
      }),
    );
    const on = (name: keyof HTMLVideoElementEventMap, act: () => void) => {
      const listener = () => (act(), this.#reconsider());
      video.addEventListener(name, listener);
      this.#stops.push(() => video.removeEventListener(name, listener));
    };
    on('seeking', () => (this.#seeking = true));
    on('seeked', () => (this.#seeking = false));
    for (const name of kMoments) on(name, () => undefined);
  }

  destroy(): void {
    for (const stop of this.#stops) stop();
  }

  /** Updates `openGroups`. Rejects when the node does not answer. */
  async refresh(): Promise<void> {
    const { session, record } = this.#title;
    const within = await Promise.all(record.key_groups.map((group) => session.isWithinReach(group, this.#here())));
    const open = new Set(record.key_groups.filter((_, i) => within[i]));
    if ([...open].join() !== [...this.openGroups.value].join()) this.openGroups.value = open;
  }

  askForQuality(group: string): void {
    this.ask.value = { kind: 'quality', group, slot: this.#here() };
  }

  /** For when the viewer has unlocked what was asked for, or has gone back. */
  dismiss(): void {
    this.ask.value = undefined;
  }

  /** Where to go back to: ten seconds before the end of the open part before the lock. */
  lastOpenSecond(): number {
    const ranges = this.#title.session.openRanges(this.ask.value?.group ?? this.#title.record.key_groups[0] ?? '');
    const before = ranges.filter(([begin]) => begin <= (this.ask.value?.slot ?? 0)).at(-1) ?? ranges[0];
    return before ? Math.max(this.#index.startOf(before[0]), this.#index.startOf(before[1]) - 10) : 0;
  }

  #here(): number {
    return this.#index.slotAt(this.#video.currentTime);
  }

  #forgetOpened(): void {
    for (const [name, { group, slot }] of this.#locked)
      if (this.#title.session.covers(group, slot)) this.#locked.delete(name);
  }

  /**
   * Asks the viewer to unlock when playback stands still because a key is missing, and stops asking when it goes on.
   */
  #reconsider(): void {
    const asked = this.ask.value;
    if (asked?.kind === 'quality') {
      if (this.#title.session.covers(asked.group, asked.slot)) this.dismiss();
      return;
    }
    const here = this.#here();
    const starved = this.#video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    // Tracks are cut a few frames apart.
    const wall = [...this.#locked.values()].find(({ slot }) => Math.abs(slot - here) <= 1);
    if (!starved || !wall) {
      if (asked) this.dismiss();
    } else if (asked?.slot !== wall.slot) {
      this.ask.value = { kind: this.#seeking ? 'sought' : 'reached', group: wall.group, slot: wall.slot };
    }
  }
}
