// The player is a chunk of its own. Pages load it early, so that it is there when somebody presses play.
import { withMessages } from '../frame/i18n.ts';

export const loadPlayer = () => withMessages('player', import('./player.tsx'));
export const loadClip = () => withMessages('player', import('./clip.tsx'));
export type { PlayerProps } from './player.tsx';
