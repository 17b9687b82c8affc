// The player: media-chrome's controls on a video that hls.js feeds from verified, decrypted segments.
import { type Offer, SwarmaError } from '@swarma/client';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { announce } from '../frame/announcer.tsx';
import { Failure } from '../frame/failure.tsx';
import { Icon } from '../frame/icons.tsx';
import { formatClock, language, t } from '../frame/i18n.ts';
import { writeResume } from '../title/resume.ts';
import type { LoadedTitle } from '../title/loaded-title.ts';
import type { Film } from '../unlock/sentences.ts';
import { Engine } from './engine.ts';
import { KeysDialog } from './keys-dialog.tsx';
import { LockOverlay } from './lock-overlay.tsx';
import { translateControls } from './media-elements.ts';
import { useMediaSession } from './media-session.ts';
import { SeekPreview } from './seek-preview.tsx';
import { SettingsMenu } from './settings-menu.tsx';
import { handleShortcut } from './shortcuts.ts';
import { StatsPanel } from './stats-panel.tsx';
import { Storyboard } from './storyboard.ts';

const kSaveEveryMs = 5000;

export interface PlayerProps {
  title: LoadedTitle;
  offer: Offer;
  film: Film;
  startAt: number;
  name: string;
}

export function Player(props: PlayerProps) {
  useMemo(() => translateControls(language.value), []);
  if (!Engine.isSupported()) {
    return <Failure error={new SwarmaError('no_mse', 'Media Source Extensions are missing.')} title={t('player.failed')} />;
  }
  return <Stage {...props} />;
}

function Stage({ title, offer, film, startAt, name }: PlayerProps) {
  const video = useRef<HTMLVideoElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const help = useRef<HTMLDialogElement>(null);
  const [engine, setEngine] = useState<Engine | undefined>();
  const [showStats, setShowStats] = useState(false);
  const [resumedAt, setResumedAt] = useState(startAt);
  const storyboard = useMemo(() => new Storyboard(title), [title]);
  useMediaSession(video, name, title.record.poster);

  useEffect(() => {
    const made = new Engine(video.current as HTMLVideoElement, title, startAt);
    setEngine(made);
    made.play();
    return () => made.destroy();
  }, [title]);
  useKeepPlace(video, title.record.title_id);
  useTroubleWords(engine);
  useEffect(() => {
    const timer = setTimeout(() => setResumedAt(0), 6000);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) =>
      handleShortcut(event, video.current as HTMLVideoElement, {
        toggleCaptions: () => engine?.toggleCaption(),
        toggleStats: () => setShowStats((shown) => !shown),
        toggleHelp: () => (help.current?.open ? help.current.close() : help.current?.showModal()),
        toggleFullscreen: () => void (document.fullscreenElement ? document.exitFullscreen() : stage.current?.requestFullscreen())?.catch(() => undefined),
      });
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [engine]);

  return (
    <div class="stage" id="stage" ref={stage} data-state="player" tabIndex={-1} role="region" aria-label={t('player.label', { name })}>
      <media-controller fullscreenelement="stage" nohotkeys dir="ltr">
        {/* Captions come through hls.js as text tracks. */}
        <video ref={video} slot="media" playsInline poster={title.record.poster ? `/${title.record.poster}.jpg` : undefined} />
        <media-loading-indicator slot="centered-chrome" noautohide />
        <media-control-bar class="timeline">
          <media-time-range>
            <SeekPreview storyboard={storyboard} />
          </media-time-range>
        </media-control-bar>
        <media-control-bar class="controls">
          <media-play-button notooltip />
          <media-mute-button notooltip />
          <media-volume-range />
          <media-time-display showduration notoggle />
          <span class="spread" />
          {engine && engine.captions.value.length > 0 && (
            <button type="button" class="control" aria-pressed={engine.caption.value >= 0} aria-label={t('player.captions')} title={t('player.captions')} onClick={() => engine.toggleCaption()}>
              <Icon name="captions" />
            </button>
          )}
          {engine && <SettingsMenu engine={engine} video={video} onStats={() => setShowStats(true)} onKeys={() => help.current?.showModal()} />}
          <media-pip-button notooltip />
          <media-fullscreen-button notooltip />
        </media-control-bar>
      </media-controller>
      {engine && <OpenParts engine={engine} title={title} duration={film.durationMs / 1000} />}
      {engine?.wantsClick.value && (
        <button type="button" class="button button-main button-big stage-start" onClick={() => engine.play()}>
          <Icon name="play" /> {t('film.play')}
        </button>
      )}
      {resumedAt > 0 && (
        <p class="stage-note" role="status">
          {t('player.resumed', { time: formatClock(resumedAt) })}
          <button type="button" class="quiet" onClick={() => ((video.current as HTMLVideoElement).currentTime = 0, setResumedAt(0))}>
            {t('player.startOver')}
          </button>
        </p>
      )}
      {engine?.trouble.value && !engine.failure.value && (
        <p class="stage-note" role="status">
          <Icon name="warning" /> {t('player.trouble')}
        </p>
      )}
      {engine?.ask.value && <LockOverlay engine={engine} ask={engine.ask.value} video={video} title={title} offer={offer} film={film} />}
      {engine?.failure.value && (
        <div class="stage-cover on-dark">
          <Failure error={engine.failure.value} title={t('player.failed')} retry={() => engine.retry()} />
        </div>
      )}
      {engine && showStats && <StatsPanel engine={engine} video={video} title={title} onClose={() => setShowStats(false)} />}
      <KeysDialog dialog={help} />
    </div>
  );
}

/** A thin line above the controls that shows which parts are open. */
function OpenParts({ engine, title, duration }: { engine: Engine; title: LoadedTitle; duration: number }) {
  const [stops, setStops] = useState('');
  useEffect(() => {
    const draw = () => {
      const group = engine.shownQuality.value?.track.key_group ?? title.record.key_groups[0] ?? '';
      const at = (slot: number) => `${((slot >= title.record.slots ? duration : engine.index.startOf(slot)) / duration) * 100}%`;
      const ranges = title.session.openRanges(group);
      setStops(ranges.map(([begin, end]) => `transparent ${at(begin)}, var(--open) ${at(begin)}, var(--open) ${at(end)}, transparent ${at(end)}`).join(', '));
    };
    draw();
    return title.session.subscribe((event) => event.kind === 'changed' && draw());
  }, [engine, title]);
  useEffect(() => {
    const range = document.querySelector<HTMLElement>('#stage media-time-range');
    range?.style.setProperty('--media-range-track-background', stops ? `linear-gradient(to right, ${stops}), var(--shut)` : 'var(--shut)');
  }, [stops]);
  return null;
}

function useKeepPlace(video: { current: HTMLVideoElement | null }, titleId: string): void {
  useEffect(() => {
    const save = () => {
      const { currentTime = 0, duration = 0 } = video.current ?? {};
      if (duration > 0) void writeResume(titleId, currentTime, duration);
    };
    const timer = setInterval(() => video.current && !video.current.paused && save(), kSaveEveryMs);
    const element = video.current;
    element?.addEventListener('pause', save);
    window.addEventListener('pagehide', save);
    return () => {
      clearInterval(timer);
      save();
      element?.removeEventListener('pause', save);
      window.removeEventListener('pagehide', save);
    };
  }, [titleId]);
}

function useTroubleWords(engine: Engine | undefined): void {
  const troubled = engine?.trouble.value !== undefined;
  const before = useRef(false);
  useEffect(() => {
    if (before.current && !troubled) announce(t('player.well'));
    before.current = troubled;
  }, [troubled]);
}
