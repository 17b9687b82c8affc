// The keyboard map of the player: the list that is shown is the list that works.
import type { MessageKey } from '../frame/i18n.ts';

interface PlayerActions {
  toggleCaptions(): void;
  toggleStats(): void;
  toggleHelp(): void;
  toggleFullscreen(): void;
}

interface Shortcut {
  keys: string[];
  shown: string[];
  label: MessageKey;
  act(video: HTMLVideoElement, key: string, actions: PlayerActions): void;
}

const kFrameSeconds = 1 / 25;
const kSpeeds = [0.5, 0.75, 1, 1.25, 1.5, 2];

function seekBy(video: HTMLVideoElement, seconds: number): void {
  video.currentTime = Math.min(Math.max(0, video.currentTime + seconds), video.duration || 0);
}

function louder(video: HTMLVideoElement, by: number): void {
  video.muted = false;
  video.volume = Math.min(1, Math.max(0, video.volume + by));
}

function faster(video: HTMLVideoElement, step: 1 | -1): void {
  const at = kSpeeds.findIndex((speed) => speed >= video.playbackRate);
  video.playbackRate = kSpeeds[Math.min(kSpeeds.length - 1, Math.max(0, at + step))] as number;
}

export const speeds: readonly number[] = kSpeeds;

export const shortcuts: readonly Shortcut[] = [
  {
    keys: [' ', 'k'],
    shown: ['Space', 'K'],
    label: 'player.keys.play',
    act: (video) => void (video.paused ? video.play().catch(() => undefined) : video.pause()),
  },
  {
    keys: ['ArrowLeft', 'ArrowRight'],
    shown: ['←', '→'],
    label: 'player.keys.seek',
    act: (video, key) => seekBy(video, key === 'ArrowLeft' ? -5 : 5),
  },
  {
    keys: ['j', 'l'],
    shown: ['J', 'L'],
    label: 'player.keys.seek10',
    act: (video, key) => seekBy(video, key === 'j' ? -10 : 10),
  },
  {
    keys: '0123456789'.split(''),
    shown: ['0', '…', '9'],
    label: 'player.keys.percent',
    act: (video, key) => (video.currentTime = ((video.duration || 0) * Number(key)) / 10),
  },
  {
    keys: [',', '.'],
    shown: [',', '.'],
    label: 'player.keys.frame',
    act: (video, key) => (video.pause(), seekBy(video, key === ',' ? -kFrameSeconds : kFrameSeconds)),
  },
  {
    keys: ['<', '>'],
    shown: ['<', '>'],
    label: 'player.keys.speed',
    act: (video, key) => faster(video, key === '<' ? -1 : 1),
  },
  {
    keys: ['ArrowUp', 'ArrowDown'],
    shown: ['↑', '↓'],
    label: 'player.keys.volume',
    act: (video, key) => louder(video, key === 'ArrowUp' ? 0.1 : -0.1),
  },
  { keys: ['m'], shown: ['M'], label: 'player.keys.mute', act: (video) => (video.muted = !video.muted) },
  {
    keys: ['c'],
    shown: ['C'],
    label: 'player.keys.captions',
    act: (_video, _key, actions) => actions.toggleCaptions(),
  },
  {
    keys: ['f'],
    shown: ['F'],
    label: 'player.keys.fullscreen',
    act: (_video, _key, actions) => actions.toggleFullscreen(),
  },
  {
    keys: ['p'],
    shown: ['P'],
    label: 'player.keys.pip',
    act: (video) =>
      void (
        document.pictureInPictureElement ? document.exitPictureInPicture() : video.requestPictureInPicture?.()
      )?.catch(() => undefined),
  },
  { keys: ['i'], shown: ['I'], label: 'player.keys.stats', act: (_video, _key, actions) => actions.toggleStats() },
  { keys: ['?'], shown: ['?'], label: 'player.keys.help', act: (_video, _key, actions) => actions.toggleHelp() },
];

/** Elements that use these keys themselves. */
const kOwnKeys =
  'input, textarea, select, button, a, summary, [contenteditable], [popover], dialog, media-time-range, media-volume-range';

export function handleShortcut(event: KeyboardEvent, video: HTMLVideoElement, actions: PlayerActions): void {
  if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const shortcut = shortcuts.find((candidate) => candidate.keys.includes(key));
  if (!shortcut) return;
  const target = event.target as Element | null;
  const typing = target?.closest('input:not([type=range]):not([type=radio]), textarea, select, [contenteditable]');
  const usesKey = [' ', 'ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'].includes(key) && target?.closest(kOwnKeys);
  const scrollsPage = ['ArrowUp', 'ArrowDown', ' '].includes(key) && !target?.closest('.stage');
  if (typing || usesKey || (scrollsPage && key !== ' ')) return;
  event.preventDefault();
  shortcut.act(video, key, actions);
}
