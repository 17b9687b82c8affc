// hls.js on a video element, fed by a title session; its state, as signals for the controls.
import { computed, effect, signal } from '@preact/signals';
import { asSwarmaError, SwarmaError, type Track } from '@swarma/client';
import Hls, { type HlsConfig, type Level } from 'hls.js';
import workerUrl from 'hls.js/dist/hls.worker.js?url';
import type { LoadedTitle } from '../title/loaded-title.ts';
import { type BlobIndex, blobOfUrl } from './blob-index.ts';
import { makeLoaderClass } from './loaders.ts';
import type { Locks } from './locks.ts';
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
interface CaptionChoice extends TextChoice {
  isDefault: boolean;
  forced: boolean;
}

const kOnce = {
  default: { maxTimeToFirstByteMs: Infinity, maxLoadTimeMs: Infinity, timeoutRetry: null, errorRetry: null },
};

export class Playback {
  readonly qualities = signal<Quality[]>([]);
  readonly quality = signal(-1); // chosen level, -1: automatic
  readonly shownLevel = signal(-1);
  readonly audios = signal<TextChoice[]>([]);
  readonly audio = signal(-1);
  readonly captions = signal<CaptionChoice[]>([]);
  readonly caption = signal(-1);
  readonly trouble = signal<SwarmaError | undefined>(undefined);
  readonly failure = signal<SwarmaError | undefined>(undefined);
  readonly wantsClick = signal(false); // the browser does not play until the viewer clicks once more
  readonly report = { verifiedBytes: 0, refusedCopies: 0 };
  readonly shownQuality = computed(() =>
    this.qualities.value.find((quality) => quality.level === this.shownLevel.value),
  );

  readonly #title: LoadedTitle;
  readonly #video: HTMLVideoElement;
  readonly #index: BlobIndex;
  readonly #locks: Locks;
  readonly #hls: Hls;
  readonly #startAt: number;
  readonly #stops: (() => void)[] = [];
  #broken: SwarmaError | undefined;
  #goingOn = false; // whether the viewer wants it to play: a media element forgets that when its source changes

  static isSupported(): boolean {
    return Hls.isSupported();
  }

  constructor(video: HTMLVideoElement, title: LoadedTitle, index: BlobIndex, locks: Locks, startAt: number) {
    this.#video = video;
    this.#title = title;
    this.#index = index;
    this.#locks = locks;
    this.#startAt = startAt > 0 ? startAt : -1;
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
    if (quality && !this.#locks.openGroups.value.has(quality.track.key_group)) {
      this.#locks.askForQuality(quality.track.key_group);
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

  /** Starts again after a failure. */
  retry(): void {
    this.failure.value = undefined;
    this.#broken = undefined;
    this.#hls.recoverMediaError();
    this.#hls.startLoad(this.#video.currentTime);
    this.play();
  }

  #config(): Partial<HlsConfig> {
    const loader = makeLoaderClass({
      session: this.#title.session,
      index: this.#index,
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
      // The loader retries by itself: an error that it reports is final.
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
    hls.on(
      Hls.Events.AUDIO_TRACKS_UPDATED,
      () =>
        (this.audios.value = hls.audioTracks.map(({ id, name, lang }) => ({ id, label: name, language: lang ?? '' }))),
    );
    hls.on(Hls.Events.AUDIO_TRACK_SWITCHED, (_event, { id }) => (this.audio.value = id));
    hls.on(
      Hls.Events.SUBTITLE_TRACKS_UPDATED,
      () =>
        (this.captions.value = hls.subtitleTracks.map(({ id, name, lang, default: isDefault, forced }) => ({
          id,
          label: name,
          language: lang ?? '',
          isDefault,
          forced,
        }))),
    );
    hls.on(Hls.Events.SUBTITLE_TRACK_SWITCH, (_event, { id }) => (this.caption.value = id));
    // Attached again after an error of the decoder.
    hls.on(Hls.Events.MEDIA_ATTACHED, () => this.#goingOn && this.play());
    hls.on(Hls.Events.ERROR, (_event, data) => {
      if (!data.fatal) return;
      if (data.type === Hls.ErrorTypes.MEDIA_ERROR && !this.#broken) hls.recoverMediaError();
      else
        this.failure.value =
          this.#broken ?? new SwarmaError('internal', `${data.type}: ${data.details}`, { cause: data.error });
    });
    this.#stops.push(
      session.subscribe((event) => {
        if (event.kind === 'trouble') this.trouble.value = event.error;
        else if (event.kind === 'well') this.trouble.value = undefined;
        else if (event.kind === 'changed') void this.#refreshLocks();
      }),
      effect(() => this.#capQuality(this.#locks.openGroups.value)),
    );
    const on = (name: keyof HTMLVideoElementEventMap, act: () => void) => {
      this.#video.addEventListener(name, act);
      this.#stops.push(() => this.#video.removeEventListener(name, act));
    };
    on('playing', () => {
      // What is in memory plays on while the key agent is away: only a new key says that it is back.
      if (this.trouble.value?.reason !== 'agent_away') this.trouble.value = undefined;
    });
    on('play', () => ((this.#goingOn = true), (this.wantsClick.value = false)));
    on('pause', () => (this.#goingOn = false));
  }

  async #onManifest(levels: Level[]): Promise<void> {
    const { tracks } = this.#title.details;
    this.qualities.value = levels.flatMap((level, i) => {
      const track = tracks.find((candidate) => candidate.playlist === blobOfUrl(level.uri).blob);
      return track ? [{ level: i, height: Math.min(level.width, level.height), track }] : [];
    });
    await this.#refreshLocks();
    this.#hls.startLoad(this.#startAt);
  }

  async #refreshLocks(): Promise<void> {
    try {
      await this.#locks.refresh();
    } catch (error) {
      this.trouble.value = asSwarmaError(error);
    }
  }

  /** Keeps automatic quality within the open key groups, and gives up a chosen quality that is no longer open. */
  #capQuality(open: ReadonlySet<string>): void {
    const reachable = this.qualities.value.filter(({ track }) => open.has(track.key_group)).map(({ level }) => level);
    this.#hls.autoLevelCapping = reachable.length > 0 ? Math.max(...reachable) : -1;
    const chosen = this.quality.peek();
    if (chosen >= 0 && !reachable.includes(chosen) && reachable.length > 0) {
      this.quality.value = -1;
      this.#hls.nextLevel = -1;
    }
  }
}
