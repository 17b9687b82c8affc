// The port through which a step plays a title: the player is a chunk of its own and knows the steps, not the other way
// round. app.tsx fits the two together.
import type { ComponentType } from 'preact';

export interface ClipProps {
  titleId: string;
  /** Whether it is playing just now. */
  onPlaying(playing: boolean): void;
  onFailure(error: unknown): void;
}

let load: (() => Promise<ComponentType<ClipProps>>) | undefined;

export function provideClipPlayer(loader: () => Promise<ComponentType<ClipProps>>): void {
  load = loader;
}

export async function loadClipPlayer(): Promise<ComponentType<ClipProps>> {
  if (!load) throw new Error('Nothing here plays clips.');
  return load();
}
