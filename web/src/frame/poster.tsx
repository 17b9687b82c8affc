import { useState } from 'preact/hooks';
import { blobUrl } from './client.ts';
import { Icon } from './icons.tsx';

/** A 16:9 poster, or a plain placeholder when there is none or it does not load. */
export function Poster({ id, eager = false }: { id: string | undefined; eager?: boolean }) {
  const [failed, setFailed] = useState(false);
  if (!id || failed) {
    return (
      <span class="poster poster-none">
        <Icon name="film" />
      </span>
    );
  }
  return (
    <span class="poster">
      <img
        src={blobUrl(id, 'jpg')}
        alt=""
        width={1280}
        height={720}
        loading={eager ? 'eager' : 'lazy'}
        decoding="async"
        onError={() => setFailed(true)}
      />
    </span>
  );
}
