// Where playback stands still for want of a key, and why. Knows the session and the place in the film, nothing of how it is played.
import { signal } from '@preact/signals';
import type { LoadedTitle } from '../title/loaded-title.ts';
import type { BlobIndex } from './blob-index.ts';

/** What the viewer must unlock to go on: at the slot that playback reached or sought, or for a quality that was chosen. */
export interface Ask {
  kind: 'reached' | 'sought' | 'quality';
  group: string;
  slot: number;
}

const kMoments = ['timeupdate', 'waiting', 'playing', 'canplay'] as const; // when the picture may have stopped or gone on

export class Locks {
  /** Key groups that can be had at the present place without asking the viewer. */
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

  /** Finds out anew which key groups are open here. Rejects when the node does not answer. */
  async refresh(): Promise<void> {
    const { session, record } = this.#title;
    const within = await Promise.all(record.key_groups.map((group) => session.isWithinReach(group, this.#here())));
    const open = new Set(record.key_groups.filter((_, i) => within[i]));
    if ([...open].join() !== [...this.openGroups.value].join()) this.openGroups.value = open;
  }

  askForQuality(group: string): void {
    this.ask.value = { kind: 'quality', group, slot: this.#here() };
  }

  /** To be called when what was asked for has been unlocked, or when the viewer goes back. */
  dismiss(): void {
    this.ask.value = undefined;
  }

  /** The end of the open part before the place where the film stopped, to go back to. */
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

  /** Asks for the next step where the picture stands still for want of a key, and stops asking when it need not. */
  #reconsider(): void {
    const asked = this.ask.value;
    if (asked?.kind === 'quality') {
      if (this.#title.session.covers(asked.group, asked.slot)) this.dismiss();
      return;
    }
    const here = this.#here();
    const starved = this.#video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    const wall = [...this.#locked.values()].find(({ slot }) => Math.abs(slot - here) <= 1); // tracks are cut a few frames apart
    if (!starved || !wall) {
      if (asked) this.dismiss();
    } else if (asked?.slot !== wall.slot) {
      this.ask.value = { kind: this.#seeking ? 'sought' : 'reached', group: wall.group, slot: wall.slot };
    }
  }
}
