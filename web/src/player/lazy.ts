// The player is a chunk of its own: pages fetch it through here, and call this early so that it is there when play is pressed.
export const loadPlayer = () => import('./player.tsx');
export type { PlayerProps } from './player.tsx';
