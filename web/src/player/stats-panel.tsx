// Details of playback in numbers, for those who want to know.
import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../frame/icons.tsx';
import { formatBitRate, formatBytes, formatClock, formatNumber, t } from '../frame/i18n.ts';
import type { LoadedTitle } from '../title/loaded-title.ts';
import type { BlobIndex } from './blob-index.ts';
import type { Playback } from './playback.ts';

interface StatsPanelProps {
  playback: Playback;
  index: BlobIndex;
  video: RefObject<HTMLVideoElement | null>;
  title: LoadedTitle;
  onClose(): void;
}

export function StatsPanel({ playback, index, video, title, onClose }: StatsPanelProps) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 500);
    return () => clearInterval(timer);
  }, []);
  const element = video.current;
  if (!element) return null;
  const quality = playback.shownQuality.value;
  const frames = element.getVideoPlaybackQuality();
  const span = ([begin, end]: [number, number]) =>
    `${formatClock(index.startOf(begin))}–${formatClock(end >= title.record.slots ? title.record.duration_ms / 1000 : index.startOf(end))}`;
  const open = title.record.key_groups.map(
    (group) => `${group}: ${title.session.openRanges(group).map(span).join(', ') || '–'}`,
  );
  return (
    <aside class="stats" aria-label={t('player.stats')}>
      <button type="button" class="quiet icon-button" aria-label={t('player.stats.close')} onClick={onClose}>
        <Icon name="close" />
      </button>
      <dl>
        <Fact name={t('player.stats.picture')} ltr>
          {element.videoWidth}×{element.videoHeight} {quality?.track.codecs}
        </Fact>
        <Fact name={t('player.stats.buffer')}>
          {formatNumber(bufferedAhead(element), { style: 'unit', unit: 'second', maximumFractionDigits: 1 })}
        </Fact>
        <Fact name={t('player.stats.bandwidth')}>{formatBitRate(playback.bandwidth)}</Fact>
        <Fact name={t('player.stats.verified')}>{formatBytes(playback.report.verifiedBytes)}</Fact>
        <Fact name={t('player.stats.refused')} testId="refused">
          {formatNumber(playback.report.refusedCopies)}
        </Fact>
        <Fact name={t('player.stats.frames')}>
          {formatNumber(frames.droppedVideoFrames)} / {formatNumber(frames.totalVideoFrames)}
        </Fact>
        <Fact name={t('player.stats.keys')} ltr>
          {open.map((line) => (
            <span key={line}>{line}</span>
          ))}
        </Fact>
      </dl>
    </aside>
  );
}

function Fact({
  name,
  ltr = false,
  testId,
  children,
}: {
  name: string;
  ltr?: boolean;
  testId?: string;
  children: ComponentChildren;
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd dir={ltr ? 'ltr' : undefined} data-testid={testId}>
        {children}
      </dd>
    </div>
  );
}

function bufferedAhead({ buffered, currentTime }: HTMLVideoElement): number {
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) <= currentTime + 0.1 && buffered.end(i) > currentTime) return buffered.end(i) - currentTime;
  }
  return 0;
}
