// Says that no new keys can be had because the creator's key agent is away, and how far the film plays on without it.
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { formatClock, t } from '../frame/i18n.ts';
import type { LoadedTitle } from '../title/loaded-title.ts';
import type { BlobIndex } from './blob-index.ts';
import { playsUntil } from './plays-until.ts';
import type { Playback } from './playback.ts';

const kLookEveryMs = 1000;

interface AgentAwayProps {
  playback: Playback;
  index: BlobIndex;
  video: RefObject<HTMLVideoElement | null>;
  title: LoadedTitle;
}

export function AgentAway({ playback, index, video, title: { session, record } }: AgentAwayProps) {
  const look = () => {
    if (!video.current) return undefined;
    const { currentTime, buffered } = video.current;
    const group = playback.shownQuality.value?.track.key_group ?? record.key_groups[0] ?? '';
    const open = session
      .openRanges(group)
      .map(([begin, end]) => [index.startOf(begin), end >= record.slots ? Infinity : index.startOf(end)] as const);
    const held = Array.from({ length: buffered.length }, (_, i) => [buffered.start(i), buffered.end(i)] as const);
    return playsUntil(currentTime, [...open, ...held]);
  };
  const [until, setUntil] = useState(look);
  useEffect(() => {
    const timer = setInterval(() => setUntil(look()), kLookEveryMs);
    return () => clearInterval(timer);
  }, [playback]);
  if (until === undefined) return <>{t('player.agentAway')}</>;
  return until === Infinity ? (
    <>{t('player.agentAway.toEnd')}</>
  ) : (
    <>{t('player.agentAway.until', { time: formatClock(until) })}</>
  );
}
