// Covers the picture where the film is locked, with the ways to unlock it.
import { isAgentAway, type Offer } from '@swarma/client';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../frame/icons.tsx';
import { formatClock, t } from '../frame/i18n.ts';
import type { LoadedTitle } from '../title/loaded-title.ts';
import type { Film } from '../unlock/sentences.ts';
import { Ways } from '../unlock/ways.tsx';
import type { BlobIndex } from './blob-index.ts';
import type { Ask, Locks } from './locks.ts';
import type { Playback } from './playback.ts';

interface LockOverlayProps {
  playback: Playback;
  locks: Locks;
  index: BlobIndex;
  ask: Ask;
  video: RefObject<HTMLVideoElement | null>;
  title: LoadedTitle;
  offer: Offer;
  film: Film;
}

export function LockOverlay({ playback, locks, index, ask, video, title, offer, film }: LockOverlayProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), [ask.slot, ask.kind]);
  const paths = offer.paths.filter(
    (path) =>
      !path.open &&
      (path.grants.pass !== undefined ||
        (path.grants.key_groups.includes(ask.group) &&
          ask.slot >= path.grants.slots[0] &&
          ask.slot < path.grants.slots[1])),
  );
  return (
    <div class="stage-cover on-dark" role="dialog" aria-modal="false" aria-labelledby="lock-title" data-testid="locked">
      <div class="lock">
        <h2 id="lock-title" ref={heading} tabIndex={-1}>
          <Icon name="lock" /> {t(ask.kind === 'reached' ? 'player.locked.title' : 'player.locked.seek')}
        </h2>
        <p>
          {t('player.locked.text', {
            time: formatClock(Math.max(video.current?.currentTime ?? 0, index.startOf(ask.slot))),
          })}
        </p>
        <Ways
          inside
          session={title.session}
          paths={paths}
          film={film}
          slot={ask.slot}
          agentAway={isAgentAway(offer)}
          onUnlocked={() => {
            locks.dismiss();
            playback.play();
          }}
        />
        <p class="actions">
          <button
            type="button"
            class="button"
            onClick={() => {
              const back = locks.lastOpenSecond();
              locks.dismiss();
              if (ask.kind !== 'quality' && video.current) video.current.currentTime = back;
            }}
          >
            {t('player.locked.back')}
          </button>
        </p>
      </div>
    </div>
  );
}
