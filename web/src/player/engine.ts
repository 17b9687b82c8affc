// hls.js on a video element, fed by a title session; and what the controls want to know, as signals.
import { computed, signal } from '@preact/signals';
import { asSwarmaError, SwarmaError, type Track } from '@swarma/client';
import Hls, { type HlsConfig, type Level } from 'hls.js';
import workerUrl from 'hls.js/dist/hls.worker.js?url';
import type { LoadedTitle } from '../title/loaded-title.ts';
import { BlobIndex, blobOfUrl } from './blob-index.ts';
import { makeLoaderClass } from './loaders.ts';
import { usualCaption } from './track-label.ts';

export interface Quality {
  level: number;
  height: number;
  track: Track;
}
export interface TextChoice {
  id: number;
  label: string;
  language: string;
}
export interface CaptionChoice extends TextChoice {
  isDefault: boolean;
  forced: boolean;
}
/** Where the film stops for want of a key: at a slot, or at a quality the viewer asked for. */
export interface Ask {
  kind: 'reached' | 'sought' | 'quality';
  group: string;
  slot: number;
}

const kOnce = { default: { maxTimeToFirstByteMs: Infinity, maxLoadTimeMs: Infinity, timeoutRetry: null, errorRetry: null } };

export class Engine {
  readonly qualities = signal<Quality[]>([]);
  readonly quality = signal(-1); // chosen level, -1: automatic
  readonly shownLevel = signal(-1);
  readonly audios = signal<TextChoice[]>([]);
  readonly audio = signal(-1);
  readonly captions = signal<CaptionChoice[]>([]);
  readonly caption = signal(-1);
  readonly openGroups = signal<ReadonlySet<string>>(new Set());
  readonly ask = signal<Ask | undefined>(undefined);
  readonly trouble = signal<SwarmaError | undefined>(undefined);
  readonly failure = signal<SwarmaError | undefined>(undefined);
  readonly wantsClick = signal(false); // the browser does not play before somebody has clicked once more
  readonly report = { verifiedBytes: 0, refusedCopies: 0 };
  readonly shownQuality = computed(() => this.qualities.value.find((quality) => quality.level === this.shownLevel.value));

  readonly index: BlobIndex;
  readonly #title: LoadedTitle;
  readonly #video: HTMLVideoElement;
  readonly #hls: Hls;
  readonly #startAt: number;
  readonly #stops: (() => void)[] = [];
  readonly #locked = new Map<string, { group: string; slot: number }>();
  #broken: SwarmaError | undefined;
  #seeking = false;
  #goingOn = false; // what the viewer wants, which a media element forgets when its source is replaced

  static isSupported(): boolean {
    return Hls.isSupported();
  }

  constructor(video: HTMLVideoElement, title: LoadedTitle, startAt: number) {
    this.#video = video;
    this.#title = title;
    this.#startAt = startAt > 0 ? startAt : -1;
    this.index = new BlobIndex(title.record, title.details);
    this.#hls = new Hls(this.#config());
    this.#listen();
    this.#hls.loadSource(`${window.location.origin}/${title.record.playlist}.m3u8`);
    this.#hls.attachMedia(video);
  }

  destroy(): void {
    for (const stop of this.#stops) stop();
    this.#hls.destroy();
  }

  get bandwidth(): number {
    return this.#hls.bandwidthEstimate;
  }

  play(): void {
    this.#video.play().catch((error: DOMException) => {
      if (error.name === 'NotAllowedError') this.wantsClick.value = true;
    });
  }

  chooseQuality(level: number): void {
    const quality = this.qualities.value.find((candidate) => candidate.level === level);
    const slot = this.index.slotAt(this.#video.currentTime);
    if (quality && !this.openGroups.value.has(quality.track.key_group)) {
      this.ask.value = { kind: 'quality', group: quality.track.key_group, slot };
      return;
    }
    this.quality.value = level;
    this.#hls.nextLevel = level;
  }

  chooseAudio(id: number): void {
    this.#hls.audioTrack = id;
  }

  chooseCaption(id: number): void {
    this.#hls.subtitleDisplay = id >= 0;
    this.#hls.subtitleTrack = id;
    this.caption.value = id;
  }

  toggleCaption(): void {
    const usual = usualCaption(this.captions.value);
    if (this.caption.value >= 0) this.chooseCaption(-1);
    else if (usual) this.chooseCaption(usual.id);
  }

  /** After a failure: everything that can be started anew is. */
  retry(): void {
    this.failure.value = undefined;
    this.#broken = undefined;
    this.#hls.recoverMediaError();
    this.#hls.startLoad(this.#video.currentTime);
    this.play();
  }

  /** Called when something was unlocked for a choice that was waiting. */
  dismissAsk(): void {
    this.ask.value = undefined;
  }

  /** The end of the open part before the place where the film stopped, to go back to. */
  lastOpenSecond(): number {
    const ranges = this.#title.session.openRanges(this.ask.value?.group ?? this.#title.record.key_groups[0] ?? '');
    const before = ranges.filter(([begin]) => begin <= (this.ask.value?.slot ?? 0)).at(-1) ?? ranges[0];
    return before ? Math.max(this.index.startOf(before[0]), this.index.startOf(before[1]) - 10) : 0;
  }

  #config(): Partial<HlsConfig> {
    const loader = makeLoaderClass({
      session: this.#title.session,
      index: this.index,
      report: this.report,
      onTrouble: (error) => (this.trouble.value = error),
      onWell: () => (this.trouble.value = undefined),
      onBroken: (error) => (this.#broken = error),
    });
    return {
      autoStartLoad: false,
      startPosition: this.#startAt,
      enableWorker: true,
      workerPath: workerUrl,
      fLoader: loader as unknown as NonNullable<HlsConfig['fLoader']>,
      pLoader: loader as unknown as NonNullable<HlsConfig['pLoader']>,
      // The loader asks again by itself for as long as that makes sense: what it reports is final.
      fragLoadPolicy: kOnce,
      playlistLoadPolicy: kOnce,
      manifestLoadPolicy: kOnce,
      lowLatencyMode: false,
      testBandwidth: false,
      startFragPrefetch: true,
      abrEwmaDefaultEstimate: 4_000_000,
      maxBufferLength: 30,
      maxMaxBufferLength: 60,
      backBufferLength: 60,
      enableDateRangeMetadataCues: false,
      enableInterstitialPlayback: false,
    };
  }

  #listen(): void {
    const { session } = this.#title;
    const hls = this.#hls;
    hls.on(Hls.Events.MANIFEST_PARSED, (_event, { levels }) => void this.#onManifest(levels));
    hls.on(Hls.Events.LEVEL_SWITCHED, (_event, { level }) => (this.shownLevel.value = level));
    hls.on(Hls.Events.AUDIO_TRACKS_UPDATED, () => (this.audios.value = hls.audioTracks.map(({ id, name, lang }) => ({ id, label: name, language: lang ?? '' }))));
    hls.on(Hls.Events.AUDIO_TRACK_SWITCHED, (_event, { id }) => (this.audio.value = id));
    hls.on(Hls.Events.SUBTITLE_TRACKS_UPDATED, () => (this.captions.value = hls.subtitleTracks.map(({ id, name, lang, default: isDefault, forced }) => ({ id, label: name, language: lang ?? '', isDefault, forced }))));
    hls.on(Hls.Events.SUBTITLE_TRACK_SWITCH, (_event, { id }) => (this.caption.value = id));
    hls.on(Hls.Events.MEDIA_ATTACHED, () => this.#goingOn && this.play()); // again, after a fault of the decoder
    hls.on(Hls.Events.ERROR, (_event, data) => {
      if (!data.fatal) return;
      if (data.type === Hls.ErrorTypes.MEDIA_ERROR && !this.#broken) hls.recoverMediaError();
      else this.failure.value = this.#broken ?? new SwarmaError('internal', `${data.type}: ${data.details}`, { cause: data.error });
    });
    this.#stops.push(
      session.subscribe((event) => {
        if (event.kind === 'locked') this.#locked.set(`${event.group}/${event.slot}`, event);
        else if (event.kind === 'trouble') this.trouble.value = event.error;
        else if (event.kind === 'well') this.trouble.value = undefined;
        else if (event.kind === 'changed') this.#onKeys();
        this.#reconsider();
      }),
    );
    const on = (name: keyof HTMLVideoElementEventMap, act: () => void) => {
      this.#video.addEventListener(name, act);
      this.#stops.push(() => this.#video.removeEventListener(name, act));
    };
    on('seeking', () => ((this.#seeking = true), this.#reconsider()));
    on('seeked', () => ((this.#seeking = false), this.#reconsider()));
    for (const name of ['timeupdate', 'waiting', 'playing', 'canplay'] as const) on(name, () => this.#reconsider());
    on('playing', () => (this.trouble.value = undefined));
    on('play', () => ((this.#goingOn = true), (this.wantsClick.value = false)));
    on('pause', () => (this.#goingOn = false));
  }

  async #onManifest(levels: Level[]): Promise<void> {
    const { tracks } = this.#title.details;
    this.qualities.value = levels.flatMap((level, i) => {
      const track = tracks.find((candidate) => candidate.playlist === blobOfUrl(level.uri).blob);
      return track ? [{ level: i, height: Math.min(level.width, level.height), track }] : [];
    });
    try {
      await this.#capQuality();
    } catch (error) {
      this.trouble.value = asSwarmaError(error);
    }
    this.#hls.startLoad(this.#startAt);
  }

  #onKeys(): void {
    for (const [name, { group, slot }] of this.#locked) if (this.#title.session.covers(group, slot)) this.#locked.delete(name);
    this.#capQuality().catch((error: unknown) => (this.trouble.value = asSwarmaError(error)));
  }

  /** Automatic quality stays within the key groups that are within reach here. */
  async #capQuality(): Promise<void> {
    const { session, record } = this.#title;
    const slot = this.index.starts.length > 0 ? this.index.slotAt(this.#video.currentTime) : 0;
    const within = await Promise.all(record.key_groups.map((group) => session.isWithinReach(group, slot)));
    const open = new Set(record.key_groups.filter((_, i) => within[i]));
    if ([...open].join() !== [...this.openGroups.value].join()) this.openGroups.value = open;
    const reachable = this.qualities.value.filter((quality) => open.has(quality.track.key_group)).map((quality) => quality.level);
    this.#hls.autoLevelCapping = reachable.length > 0 ? Math.max(...reachable) : -1;
    if (this.quality.value >= 0 && !reachable.includes(this.quality.value) && reachable.length > 0) {
      this.quality.value = -1;
      this.#hls.nextLevel = -1;
    }
  }

  /** Asks for the next step where the picture stands still for want of a key, and stops asking when it need not. */
  #reconsider(): void {
    if (this.ask.value?.kind === 'quality') {
      if (this.#title.session.covers(this.ask.value.group, this.ask.value.slot)) this.ask.value = undefined;
      return;
    }
    const here = this.index.slotAt(this.#video.currentTime);
    const starved = this.#video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    const wall = [...this.#locked.values()].find(({ slot }) => Math.abs(slot - here) <= 1); // tracks are cut a few frames apart
    if (!starved || !wall) {
      if (this.ask.value) this.ask.value = undefined;
      return;
    }
    if (this.ask.value?.slot !== wall.slot) this.ask.value = { kind: this.#seeking ? 'sought' : 'reached', ...wall };
  }
}
