import { useId, useState } from 'preact/hooks';
import { Icon } from '../frame/icons.tsx';
import { t } from '../frame/i18n.ts';

/** A place to drop one file; clicking it opens the file dialog. */
export function FileDrop({ onFile }: { onFile(file: File): void }) {
  const [over, setOver] = useState(false);
  const id = useId();
  return (
    <div
      class="drop"
      data-over={over}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const file = event.dataTransfer?.files[0];
        if (file) onFile(file);
      }}
    >
      <Icon name="upload" />
      <label for={id}>
        <strong>{t('publish.drop')}</strong> <span class="drop-choose">{t('publish.choose')}</span>
      </label>
      <input
        id={id}
        type="file"
        accept="video/*,.mkv,.mov,.mxf,.ts,.avi,.webm,.mp4,.m4v,.ogv,.flv"
        onChange={(event) => event.currentTarget.files?.[0] && onFile(event.currentTarget.files[0])}
      />
      <p class="hint">{t('publish.any')}</p>
    </div>
  );
}
