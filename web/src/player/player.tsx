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
import { AgentAway } from './agent-away.tsx';
import { BlobIndex } from './blob-index.ts';
import { KeysDialog } from './keys-dialog.tsx';
import { LockOverlay } from './lock-overlay.tsx';
import { Locks } from './locks.ts';
import { translateControls } from './media-elements.ts';
import { useMediaSession } from './media-session.ts';
import { Playback } from './playback.ts';
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
  if (!Playback.isSupported()) {
    return (
      <Failure error={new SwarmaError('no_mse', 'Media Source Extensions are missing.')} title={t('player.failed')} />
    );
  }
  return <Stage {...props} />;
}

function Stage({ title, offer, film, startAt, name }: PlayerProps) {
  const video = useRef<HTMLVideoElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const help = useRef<HTMLDialogElement>(null);
  const index = useMemo(() => new BlobIndex(title.record, title.details), [title]);
  const [{ playback, locks }, setEngine] = useState<{ playback?: Playback; locks?: Locks }>({});
  const [showStats, setShowStats] = useState(false);
  const [resumedAt, setResumedAt] = useState(startAt);
  const storyboard = useMemo(() => new Storyboard(title), [title]);
  useMediaSession(video, name, title.record.poster);

  useEffect(() => {
    const element = video.current as HTMLVideoElement;
    const madeLocks = new Locks(element, title, index);
    const made = new Playback(element, title, index, madeLocks, startAt);
    setEngine({ playback: made, locks: madeLocks });
    made.play();
    return () => {
      made.destroy();
      madeLocks.destroy();
    };
  }, [title]);
  useKeepPlace(video, title.record.title_id);
  useTroubleWords(playback);
  useEffect(() => {
    const timer = setTimeout(() => setResumedAt(0), 6000);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) =>
      handleShortcut(event, video.current as HTMLVideoElement, {
        toggleCaptions: () => playback?.toggleCaption(),
        toggleStats: () => setShowStats((shown) => !shown),
        toggleHelp: () => (help.current?.open ? help.current.close() : help.current?.showModal()),
        toggleFullscreen: () =>
          void (document.fullscreenElement ? document.exitFullscreen() : stage.current?.requestFullscreen())?.catch(
            () => undefined,
          ),
      });
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [playback]);

  return (
    <div
      class="stage"
      id="stage"
      ref={stage}
      data-state="player"
      tabIndex={-1}
      role="region"
      aria-label={t('player.label', { name })}
    >
      <media-controller fullscreenelement="stage" nohotkeys dir="ltr">
        {/* Captions come through hls.js as text tracks. */}
        <video
          ref={video}
          slot="media"
          playsInline
          poster={title.record.poster ? `/${title.record.poster}.jpg` : undefined}
        />
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
          {playback && playback.captions.value.length > 0 && (
            <button
              type="button"
              class="control"
              aria-pressed={playback.caption.value >= 0}
              aria-label={t('player.captions')}
              title={t('player.captions')}
              onClick={() => playback.toggleCaption()}
            >
              <Icon name="captions" />
            </button>
          )}
          {playback && locks && (
            <SettingsMenu
              playback={playback}
              locks={locks}
              video={video}
              onStats={() => setShowStats(true)}
              onKeys={() => help.current?.showModal()}
            />
          )}
          <media-pip-button notooltip />
          <media-fullscreen-button notooltip />
        </media-control-bar>
      </media-controller>
      {playback && <OpenParts playback={playback} index={index} title={title} duration={film.durationMs / 1000} />}
      {playback?.wantsClick.value && (
        <button type="button" class="button button-main button-big stage-start" onClick={() => playback.play()}>
          <Icon name="play" /> {t('film.play')}
        </button>
      )}
      {resumedAt > 0 && (
        <p class="stage-note" role="status">
          {t('player.resumed', { time: formatClock(resumedAt) })}
          <button
            type="button"
            class="quiet"
            onClick={() => (((video.current as HTMLVideoElement).currentTime = 0), setResumedAt(0))}
          >
            {t('player.startOver')}
          </button>
        </p>
      )}
      {playback?.trouble.value && !playback.failure.value && (
        <p class="stage-note" role="status">
          <Icon name="warning" />{' '}
          {playback.trouble.value.reason === 'agent_away' ? (
            <AgentAway playback={playback} index={index} video={video} title={title} />
          ) : (
            t('player.trouble')
          )}
        </p>
      )}
      {playback && locks?.ask.value && (
        <LockOverlay
          playback={playback}
          locks={locks}
          index={index}
          ask={locks.ask.value}
          video={video}
          title={title}
          offer={offer}
          film={film}
        />
      )}
      {playback?.failure.value && (
        <div class="stage-cover on-dark">
          <Failure error={playback.failure.value} title={t('player.failed')} retry={() => playback.retry()} />
        </div>
      )}
      {playback && showStats && (
        <StatsPanel playback={playback} index={index} video={video} title={title} onClose={() => setShowStats(false)} />
      )}
      <KeysDialog dialog={help} />
    </div>
  );
}

interface OpenPartsProps {
  playback: Playback;
  index: BlobIndex;
  title: LoadedTitle;
  duration: number;
}

/** A thin line above the controls that shows which parts are open. */
function OpenParts({ playback, index, title, duration }: OpenPartsProps) {
  const [stops, setStops] = useState('');
  useEffect(() => {
    const draw = () => {
      const group = playback.shownQuality.value?.track.key_group ?? title.record.key_groups[0] ?? '';
      const at = (slot: number) =>
        `${((slot >= title.record.slots ? duration : index.startOf(slot)) / duration) * 100}%`;
      const ranges = title.session.openRanges(group);
      setStops(
        ranges
          .map(
            ([begin, end]) =>
              `transparent ${at(begin)}, var(--open) ${at(begin)}, var(--open) ${at(end)}, transparent ${at(end)}`,
          )
          .join(', '),
      );
    };
    draw();
    return title.session.subscribe((event) => event.kind === 'changed' && draw());
  }, [playback, title]);
  useEffect(() => {
    const range = document.querySelector<HTMLElement>('#stage media-time-range');
    range?.style.setProperty(
      '--media-range-track-background',
      stops ? `linear-gradient(to right, ${stops}), var(--shut)` : 'var(--shut)',
    );
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

function useTroubleWords(playback: Playback | undefined): void {
  const troubled = playback?.trouble.value !== undefined;
  const before = useRef(false);
  useEffect(() => {
    if (before.current && !troubled) announce(t('player.well'));
    before.current = troubled;
  }, [troubled]);
}
