// The player is a chunk of its own: pages fetch it through here, and early, so that it is there when play is pressed.
import { withMessages } from '../frame/i18n.ts';

export const loadPlayer = () => withMessages('player', import('./player.tsx'));
export type { PlayerProps } from './player.tsx';
