// What the player asks of the viewer, with a video and a session that do as told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlobIndex } from '../src/player/blob-index.ts';
import { Locks } from '../src/player/locks.ts';
import type { LoadedTitle } from '../src/title/loaded-title.ts';

const kSlotSeconds = 4;
Object.assign(globalThis, { HTMLMediaElement: { HAVE_FUTURE_DATA: 3 } });

type Listener = (event: { kind: string; group?: string; slot?: number }) => void;

class Scene {
  readonly video = Object.assign(new EventTarget(), { currentTime: 0, readyState: 4 });
  readonly open = new Set<string>(); // "sd/3"
  readonly reachable = new Set(['sd']);
  readonly locks: Locks;
  #say: Listener = () => undefined;

  constructor() {
    const session = {
      subscribe: (listener: Listener) => ((this.#say = listener), () => (this.#say = () => undefined)),
      covers: (group: string, slot: number) => this.open.has(`${group}/${slot}`),
      openRanges: () => [[0, 3]],
      isWithinReach: (group: string) => Promise.resolve(this.reachable.has(group)),
    };
    const index = {
      slotAt: (s: number) => Math.floor(s / kSlotSeconds),
      startOf: (slot: number) => slot * kSlotSeconds,
    };
    const title = { session, record: { key_groups: ['sd', 'hd'] } };
    this.locks = new Locks(
      this.video as unknown as HTMLVideoElement,
      title as unknown as LoadedTitle,
      index as unknown as BlobIndex,
    );
  }

  /** The loader waits for a key that nothing held gives. */
  waitsFor(group: string, slot: number): void {
    this.#say({ kind: 'locked', group, slot });
  }

  unlocks(group: string, slot: number): void {
    this.open.add(`${group}/${slot}`);
    this.#say({ kind: 'changed' });
  }

  /** Playback is at `seconds`, with or without pictures to go on. */
  plays(seconds: number, starved: boolean): void {
    this.video.currentTime = seconds;
    this.video.readyState = starved ? 2 : 4;
    this.video.dispatchEvent(new Event(starved ? 'waiting' : 'timeupdate'));
  }
}

test('a lock ahead is asked about only once playback stands still at it', () => {
  const scene = new Scene();
  scene.plays(4, false);
  scene.waitsFor('sd', 3);
  assert.equal(scene.locks.ask.value, undefined);
  scene.plays(11.9, true);
  assert.deepEqual(scene.locks.ask.value, { kind: 'reached', group: 'sd', slot: 3 });
  assert.equal(scene.locks.lastOpenSecond(), 2, 'ten seconds before the end of the open part');
});

test('the question goes away when the key is there', () => {
  const scene = new Scene();
  scene.waitsFor('sd', 3);
  scene.plays(12, true);
  assert.ok(scene.locks.ask.value);
  scene.unlocks('sd', 3);
  assert.equal(scene.locks.ask.value, undefined);
  scene.plays(12, true);
  assert.equal(scene.locks.ask.value, undefined, 'it waits for bytes now, not for a key');
});

test('the question goes away when the viewer goes back', () => {
  const scene = new Scene();
  scene.waitsFor('sd', 3);
  scene.plays(12, true);
  scene.plays(2, false);
  assert.equal(scene.locks.ask.value, undefined);
});

test('a place that was sought is asked about as such', () => {
  const scene = new Scene();
  scene.video.dispatchEvent(new Event('seeking'));
  scene.waitsFor('sd', 9);
  scene.plays(36, true);
  assert.equal(scene.locks.ask.value?.kind, 'sought');
});

test('a quality that was chosen is asked about until it is open, wherever playback is', () => {
  const scene = new Scene();
  scene.plays(5, false);
  scene.locks.askForQuality('hd');
  scene.plays(6, false);
  assert.deepEqual(scene.locks.ask.value, { kind: 'quality', group: 'hd', slot: 1 });
  scene.unlocks('hd', 1);
  assert.equal(scene.locks.ask.value, undefined);
});

test('open are the groups within reach', async () => {
  const scene = new Scene();
  await scene.locks.refresh();
  assert.deepEqual([...scene.locks.openGroups.value], ['sd']);
  scene.reachable.add('hd');
  await scene.locks.refresh();
  assert.deepEqual([...scene.locks.openGroups.value], ['sd', 'hd']);
});

test('after destroy nothing is asked any more', () => {
  const scene = new Scene();
  scene.locks.destroy();
  scene.waitsFor('sd', 3);
  scene.plays(12, true);
  assert.equal(scene.locks.ask.value, undefined);
});
