// The media keys of keyboards, headsets and lock screens.
import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import { node } from '../frame/client.ts';

const kSeekSeconds = 10;

export function useMediaSession(
  video: RefObject<HTMLVideoElement | null>,
  name: string,
  poster: string | undefined,
): void {
  useEffect(() => {
    const session = navigator.mediaSession;
    if (!session) return;
    session.metadata = new MediaMetadata({
      title: name,
      artist: node.value?.name ?? '',
      artwork: poster ? [{ src: `/${poster}.jpg`, type: 'image/jpeg' }] : [],
    });
    const seek = (by: number) => () => {
      if (video.current) video.current.currentTime += by;
    };
    const handlers: [MediaSessionAction, MediaSessionActionHandler][] = [
      ['play', () => void video.current?.play().catch(() => undefined)],
      ['pause', () => video.current?.pause()],
      ['seekbackward', seek(-kSeekSeconds)],
      ['seekforward', seek(kSeekSeconds)],
      ['seekto', ({ seekTime }) => video.current && seekTime !== undefined && (video.current.currentTime = seekTime)],
    ];
    for (const [action, handler] of handlers) session.setActionHandler(action, handler);
    return () => {
      for (const [action] of handlers) session.setActionHandler(action, null);
      session.metadata = null;
    };
  }, [name, poster]);
}
