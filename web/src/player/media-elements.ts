// The media-chrome elements that the player uses, and their names in JSX. Their labels come from our message files.
import 'media-chrome/dist/media-controller.js';
import 'media-chrome/dist/media-control-bar.js';
import 'media-chrome/dist/media-play-button.js';
import 'media-chrome/dist/media-mute-button.js';
import 'media-chrome/dist/media-volume-range.js';
import 'media-chrome/dist/media-time-range.js';
import 'media-chrome/dist/media-time-display.js';
import 'media-chrome/dist/media-pip-button.js';
import 'media-chrome/dist/media-fullscreen-button.js';
import 'media-chrome/dist/media-loading-indicator.js';
import 'media-chrome/dist/media-preview-time-display.js';
import { addTranslation, setLanguage } from 'media-chrome/dist/utils/i18n.js';
import type { HTMLAttributes } from 'preact';
import { type Language, t } from '../frame/i18n.ts';

type MediaElement = HTMLAttributes<HTMLElement> & {
  slot?: string;
  part?: string;
  noautohide?: boolean;
  nohotkeys?: boolean;
  notooltip?: boolean;
  fullscreenelement?: string;
  showduration?: boolean;
  notoggle?: boolean;
  lang?: string;
};

declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements {
      'media-controller': MediaElement;
      'media-control-bar': MediaElement;
      'media-play-button': MediaElement;
      'media-mute-button': MediaElement;
      'media-volume-range': MediaElement;
      'media-time-range': MediaElement;
      'media-time-display': MediaElement;
      'media-pip-button': MediaElement;
      'media-fullscreen-button': MediaElement;
      'media-loading-indicator': MediaElement;
      'media-preview-time-display': MediaElement;
    }
  }
}

/** Gives media-chrome its words in `language`. Must run before its elements are made. */
export function translateControls(language: Language): void {
  addTranslation(language, {
    Play: t('controls.play'),
    Pause: t('controls.pause'),
    play: t('controls.play'),
    pause: t('controls.pause'),
    Mute: t('controls.mute'),
    Unmute: t('controls.unmute'),
    mute: t('controls.mute'),
    unmute: t('controls.unmute'),
    volume: t('controls.volume'),
    seek: t('controls.seek'),
    'Enter fullscreen mode': t('controls.fullscreen'),
    'Exit fullscreen mode': t('controls.fullscreenExit'),
    'enter fullscreen mode': t('controls.fullscreen'),
    'exit fullscreen mode': t('controls.fullscreenExit'),
    'Enter picture in picture mode': t('controls.pip'),
    'Exit picture in picture mode': t('controls.pipExit'),
    'enter picture in picture mode': t('controls.pip'),
    'exit picture in picture mode': t('controls.pipExit'),
    'playback time': t('controls.time'),
    'media loading': t('controls.loading'),
    'video player': t('controls.player'),
    '{currentTime} of {totalTime}': t('controls.timeOf', { currentTime: '{currentTime}', totalTime: '{totalTime}' }),
    '{time} remaining': t('controls.remaining', { time: '{time}' }),
    'video not loaded, unknown time.': t('controls.noTime'),
    ...timeWords(),
  });
  setLanguage(language);
}

function timeWords(): Record<string, string> {
  const word = (unit: 'hour' | 'minute' | 'second', n: number) =>
    new Intl.NumberFormat(document.documentElement.lang, { style: 'unit', unit, unitDisplay: 'long' })
      .formatToParts(n)
      .filter((part) => part.type === 'unit')
      .map((part) => part.value)
      .join('');
  return Object.fromEntries(
    (['hour', 'minute', 'second'] as const).flatMap((unit) => [
      [unit, word(unit, 1)],
      [`${unit}s`, word(unit, 5)],
    ]),
  );
}
