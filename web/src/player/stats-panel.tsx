// For those who want to know: quiet, numbers only.
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../components/icons.tsx';
import { formatBitRate, formatBytes, formatClock, formatNumber, t } from '../i18n.ts';
import type { LoadedTitle } from '../title-loader.ts';
import type { Engine } from './engine.ts';

export function StatsPanel({ engine, video, title, onClose }: { engine: Engine; video: RefObject<HTMLVideoElement | null>; title: LoadedTitle; onClose(): void }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 500);
    return () => clearInterval(timer);
  }, []);
  const element = video.current;
  if (!element) return null;
  const quality = engine.shownQuality.value;
  const frames = element.getVideoPlaybackQuality();
  const span = ([begin, end]: [number, number]) =>
    `${formatClock(engine.index.startOf(begin))}–${formatClock(end >= title.record.slots ? title.record.duration_ms / 1000 : engine.index.startOf(end))}`;
  const open = title.record.key_groups.map((group) => `${group}: ${title.session.openRanges(group).map(span).join(', ') || '–'}`);
  return (
    <aside class="stats" aria-label={t('player.stats')}>
      <button type="button" class="quiet icon-button" aria-label={t('player.stats.close')} onClick={onClose}>
        <Icon name="close" />
      </button>
      <dl>
        <dt>{t('player.stats.picture')}</dt>
        <dd dir="ltr">
          {element.videoWidth}×{element.videoHeight} {quality?.track.codecs}
        </dd>
        <dt>{t('player.stats.buffer')}</dt>
        <dd>{formatNumber(bufferedAhead(element), { style: 'unit', unit: 'second', maximumFractionDigits: 1 })}</dd>
        <dt>{t('player.stats.bandwidth')}</dt>
        <dd>{formatBitRate(engine.bandwidth)}</dd>
        <dt>{t('player.stats.verified')}</dt>
        <dd data-testid="verified">{formatBytes(engine.report.verifiedBytes)}</dd>
        <dt>{t('player.stats.refused')}</dt>
        <dd data-testid="refused">{formatNumber(engine.report.refusedCopies)}</dd>
        <dt>{t('player.stats.frames')}</dt>
        <dd>
          {formatNumber(frames.droppedVideoFrames)} / {formatNumber(frames.totalVideoFrames)}
        </dd>
        <dt>{t('player.stats.keys')}</dt>
        {open.map((line) => (
          <dd key={line} dir="ltr">
            {line}
          </dd>
        ))}
      </dl>
    </aside>
  );
}

function bufferedAhead({ buffered, currentTime }: HTMLVideoElement): number {
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) <= currentTime + 0.1 && buffered.end(i) > currentTime) return buffered.end(i) - currentTime;
  }
  return 0;
}
