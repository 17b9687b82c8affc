// Quality, sound, captions and speed in one popover.
import type { RefObject } from 'preact';
import { useState } from 'preact/hooks';
import { Choice } from '../frame/display-menu.tsx';
import { Icon } from '../frame/icons.tsx';
import { formatNumber, languageName, t } from '../frame/i18n.ts';
import type { Engine, TextChoice } from './engine.ts';
import { speeds } from './shortcuts.ts';
import { trackLabel } from './track-label.ts';

interface SettingsMenuProps {
  engine: Engine;
  video: RefObject<HTMLVideoElement | null>;
  onStats(): void;
  onKeys(): void;
}

export function SettingsMenu({ engine, video, onStats, onKeys }: SettingsMenuProps) {
  const [speed, setSpeed] = useState(1);
  const height = (n: number) => t('film.lines', { n: String(n) });
  const shown = engine.shownQuality.value;
  const auto = engine.quality.value < 0 && shown ? t('player.quality.autoNow', { quality: height(shown.height) }) : t('player.quality.auto');
  const qualities = [...engine.qualities.value].reverse().map(({ level, height: lines, track }): [string, string] => [
    String(level),
    engine.openGroups.value.has(track.key_group) ? height(lines) : t('player.quality.locked', { quality: height(lines) }),
  ]);
  const named = (choice: TextChoice): [string, string] => [String(choice.id), trackLabel(choice, languageName)];
  return (
    <>
      <button type="button" class="control" popovertarget="player-settings" aria-label={t('player.settings')} title={t('player.settings')} onClick={() => setSpeed(video.current?.playbackRate ?? 1)}>
        <Icon name="gear" />
      </button>
      <div id="player-settings" class="popover player-settings" popover="auto" dir={document.documentElement.dir as 'ltr' | 'rtl'}>
        {qualities.length > 1 && (
          <Choice legend={t('player.quality')} name="quality" value={String(engine.quality.value)} options={[['-1', auto], ...qualities]} onChoose={(level) => (close(), engine.chooseQuality(Number(level)))} />
        )}
        {engine.audios.value.length > 1 && (
          <Choice legend={t('player.audio')} name="audio" value={String(engine.audio.value)} options={engine.audios.value.map(named)} onChoose={(id) => engine.chooseAudio(Number(id))} />
        )}
        {engine.captions.value.length > 0 && (
          <Choice
            legend={t('player.captions')}
            name="captions"
            value={String(engine.caption.value)}
            options={[['-1', t('player.captions.off')], ...engine.captions.value.map(named)]}
            onChoose={(id) => engine.chooseCaption(Number(id))}
          />
        )}
        <Choice
          legend={t('player.speed')}
          name="speed"
          value={String(speed)}
          options={speeds.map((rate): [string, string] => [String(rate), rate === 1 ? t('player.speed.normal') : `${formatNumber(rate)}×`])}
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
