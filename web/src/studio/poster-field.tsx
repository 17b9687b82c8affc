// The poster: a picture that the node chooses, a moment of the film if this browser can play it, or a picture of the
// creator's own, which is uploaded as soon as it is chosen.
import { useEffect, useRef, useState } from 'preact/hooks';
import { InlineFailure } from '../frame/failure.tsx';
import { formatClock, t } from '../frame/i18n.ts';
import { FileUpload } from './uploads.ts';

interface PosterProps {
  file: File;
  seconds: number | undefined;
  picture: FileUpload | undefined;
  /** Called with the length of the film once this browser has read it; it cannot read every format. */
  onLength(seconds: number): void;
  onChange(seconds: number | undefined, picture: FileUpload | undefined): void;
}

export function PosterField({ file, seconds, picture, onLength, onChange }: PosterProps) {
  const [duration, setDuration] = useState(0);
  const [cannot, setCannot] = useState(false);
  const [own, setOwn] = useState(false);
  const video = useRef<HTMLVideoElement>(null);
  const source = useObjectUrl(file);
  const kind = own ? 'own' : seconds !== undefined ? 'frame' : 'auto';
  const choose = (at: number | undefined, upload: FileUpload | undefined) => {
    if (upload !== picture) picture?.cancel();
    onChange(at, upload);
  };
  const seek = (at: number) => {
    if (video.current) video.current.currentTime = at;
    choose(at, undefined);
  };
  const learnLength = (length: number) => {
    setDuration(length);
    if (Number.isFinite(length) && length > 0) onLength(length);
  };
  const select = (next: 'auto' | 'frame' | 'own') => {
    setOwn(next === 'own');
    if (next === 'frame') seek(duration / 10);
    else choose(undefined, undefined);
  };
  return (
    <fieldset class="form-field">
      <legend>{t('publish.poster')}</legend>
      <div class="presets">
        <label class="preset">
          <input type="radio" name="poster" value="auto" checked={kind === 'auto'} onChange={() => select('auto')} />
          <span>{t('publish.poster.auto')}</span>
        </label>
        <label class="preset">
          <input
            type="radio"
            name="poster"
            value="frame"
            checked={kind === 'frame'}
            disabled={cannot || duration === 0}
            onChange={() => select('frame')}
          />
          <span>{t('publish.poster.frame')}</span>
        </label>
        <label class="preset">
          <input type="radio" name="poster" value="own" checked={kind === 'own'} onChange={() => select('own')} />
          <span>{t('publish.poster.own')}</span>
        </label>
      </div>
      {cannot && <p class="hint">{t('publish.poster.cannot')}</p>}
      <div class="poster-choice" hidden={kind !== 'frame'}>
        <video
          ref={video}
          src={source}
          muted
          playsInline
          preload="metadata"
          onLoadedMetadata={(event) => learnLength(event.currentTarget.duration)}
          onError={() => setCannot(true)}
        />
        <label>
          <span>
            {t('publish.poster.at')}: {formatClock(seconds ?? 0)}
          </span>
          <input
            type="range"
            min={0}
            max={duration}
            step={0.04}
            value={seconds ?? 0}
            dir="ltr"
            onInput={(event) => seek(Number(event.currentTarget.value))}
          />
        </label>
      </div>
      {kind === 'own' && <OwnPicture picture={picture} onPicture={(upload) => choose(undefined, upload)} />}
    </fieldset>
  );
}

function OwnPicture({ picture, onPicture }: { picture: FileUpload | undefined; onPicture(upload: FileUpload): void }) {
  return (
    <div class="poster-choice">
      {picture && <Preview file={picture.file} />}
      {picture?.error.value !== undefined && <InlineFailure error={picture.error.value} />}
      <label class="button file-button poster-picture">
        {t(picture ? 'publish.poster.another' : 'publish.poster.pick')}
        <input
          type="file"
          accept="image/jpeg,image/png,image/webp"
          required={!picture}
          onChange={(event) => {
            const [file] = event.currentTarget.files ?? [];
            if (file) onPicture(new FileUpload(file, 'poster'));
          }}
        />
      </label>
      <p class="hint">{t('publish.poster.hint')}</p>
    </div>
  );
}

function Preview({ file }: { file: File }) {
  return <img src={useObjectUrl(file)} alt={t('publish.poster.preview', { file: file.name })} />;
}

function useObjectUrl(file: File): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return url;
}
