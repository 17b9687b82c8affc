// A title that plays inside a step: picture, sound, play and mute, from the beginning again when it ends.
import { effect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../frame/i18n.ts';
import { openTitle } from '../title/loaded-title.ts';
import type { ClipProps } from '../unlock/clip-player.ts';
import { BlobIndex } from './blob-index.ts';
import { Locks } from './locks.ts';
import { Playback } from './playback.ts';

export function Clip({ titleId, onPlaying, onFailure }: ClipProps) {
  const video = useRef<HTMLVideoElement>(null);
  const playback = useRef<Playback>(undefined);
  const [playing, setPlaying] = useState(false);
  const [muted, setMuted] = useState(false);
  useEffect(() => {
    const stops: (() => void)[] = [];
    let gone = false;
    const open = async () => {
      const title = await openTitle(titleId);
      stops.push(() => title.session.close());
      if (gone || !video.current) return;
      const index = new BlobIndex(title.record, title.details);
      const locks = new Locks(video.current, title, index);
      const made = (playback.current = new Playback(video.current, title, index, locks, 0));
      stops.push(
        () => locks.destroy(),
        () => made.destroy(),
        effect(() => made.failure.value && onFailure(made.failure.value)),
        effect(() => locks.ask.value && onFailure(new Error(t('clip.locked')))),
      );
      made.play();
    };
    open().catch((error: unknown) => !gone && onFailure(error));
    return () => {
      gone = true;
      for (const stop of stops.reverse()) stop();
    };
  }, [titleId]);
  const tell = (now: boolean) => () => {
    setPlaying(now);
    onPlaying(now);
  };
  return (
    <div class="clip">
      <video
        ref={video}
        playsInline
        loop
        muted={muted}
        aria-label={t('clip.label')}
        onPlaying={tell(true)}
        onPause={tell(false)}
        onWaiting={tell(false)}
      />
      <p class="actions">
        <button
          type="button"
          class="button"
          onClick={() => (playing ? video.current?.pause() : playback.current?.play())}
        >
          {playing ? t('clip.pause') : t('clip.play')}
        </button>
        <button type="button" class="quiet" aria-pressed={muted} onClick={() => setMuted(!muted)}>
          {t('clip.mute')}
        </button>
      </p>
    </div>
  );
}
