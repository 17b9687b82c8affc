// Quality, sound, captions and speed in one popover.
import type { RefObject } from 'preact';
import { useState } from 'preact/hooks';
import { Choice } from '../frame/display-menu.tsx';
import { Icon } from '../frame/icons.tsx';
import { formatNumber, languageName, t } from '../frame/i18n.ts';
import type { Locks } from './locks.ts';
import type { Playback, TextChoice } from './playback.ts';
import { speeds } from './shortcuts.ts';
import { trackLabel } from './track-label.ts';

interface SettingsMenuProps {
  playback: Playback;
  locks: Locks;
  video: RefObject<HTMLVideoElement | null>;
  onStats(): void;
  onKeys(): void;
}

export function SettingsMenu({ playback, locks, video, onStats, onKeys }: SettingsMenuProps) {
  const [speed, setSpeed] = useState(1);
  const height = (n: number) => t('film.lines', { n: String(n) });
  const shown = playback.shownQuality.value;
  const auto =
    playback.quality.value < 0 && shown
      ? t('player.quality.autoNow', { quality: height(shown.height) })
      : t('player.quality.auto');
  const qualities = [...playback.qualities.value]
    .reverse()
    .map(({ level, height: lines, track }): [string, string] => [
      String(level),
      locks.openGroups.value.has(track.key_group)
        ? height(lines)
        : t('player.quality.locked', { quality: height(lines) }),
    ]);
  const named = (choice: TextChoice): [string, string] => [String(choice.id), trackLabel(choice, languageName)];
  return (
    <>
      <button
        type="button"
        class="control"
        popovertarget="player-settings"
        aria-label={t('player.settings')}
        title={t('player.settings')}
        onClick={() => setSpeed(video.current?.playbackRate ?? 1)}
      >
        <Icon name="gear" />
      </button>
      <div
        id="player-settings"
        class="popover player-settings"
        popover="auto"
        dir={document.documentElement.dir as 'ltr' | 'rtl'}
      >
        {qualities.length > 1 && (
          <Choice
            legend={t('player.quality')}
            name="quality"
            value={String(playback.quality.value)}
            options={[['-1', auto], ...qualities]}
            onChoose={(level) => (close(), playback.chooseQuality(Number(level)))}
          />
        )}
        {playback.audios.value.length > 1 && (
          <Choice
            legend={t('player.audio')}
            name="audio"
            value={String(playback.audio.value)}
            options={playback.audios.value.map(named)}
            onChoose={(id) => playback.chooseAudio(Number(id))}
          />
        )}
        {playback.captions.value.length > 0 && (
          <Choice
            legend={t('player.captions')}
            name="captions"
            value={String(playback.caption.value)}
            options={[['-1', t('player.captions.off')], ...playback.captions.value.map(named)]}
            onChoose={(id) => playback.chooseCaption(Number(id))}
          />
        )}
        <Choice
          legend={t('player.speed')}
          name="speed"
          value={String(speed)}
          options={speeds.map((rate): [string, string] => [
            String(rate),
            rate === 1 ? t('player.speed.normal') : `${formatNumber(rate)}×`,
          ])}
          onChoose={(rate) => {
            setSpeed(Number(rate));
            if (video.current) video.current.playbackRate = Number(rate);
          }}
        />
        <div class="menu-links">
          <button type="button" class="quiet" onClick={() => (close(), onStats())}>
            {t('player.stats')}
          </button>
          <button type="button" class="quiet" onClick={() => (close(), onKeys())}>
            {t('player.keys')}
          </button>
        </div>
      </div>
    </>
  );
}

function close(): void {
  document.getElementById('player-settings')?.hidePopover();
}
