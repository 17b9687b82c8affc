// The poster: a telling picture that the node finds, or a moment chosen in the film as this browser can show it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatClock, t } from '../i18n.ts';

export function PosterField({ file, value, onChange }: { file: File; value: number | undefined; onChange(seconds: number | undefined): void }) {
  const video = useRef<HTMLVideoElement>(null);
  const [duration, setDuration] = useState(0);
  const [cannot, setCannot] = useState(false);
  useEffect(() => {
    const url = URL.createObjectURL(file);
    if (video.current) video.current.src = url;
    return () => URL.revokeObjectURL(url);
  }, [file]);
  const own = value !== undefined;
  const seek = (seconds: number) => {
    if (video.current) video.current.currentTime = seconds;
    onChange(seconds);
  };
  return (
    <fieldset class="form-field">
      <legend>{t('publish.poster')}</legend>
      <div class="presets">
        <label class="preset">
          <input type="radio" name="poster" checked={!own} onChange={() => onChange(undefined)} />
          <span>{t('publish.poster.auto')}</span>
        </label>
        <label class="preset">
          <input type="radio" name="poster" checked={own} disabled={cannot || duration === 0} onChange={() => seek(duration / 10)} />
          <span>{t('publish.poster.frame')}</span>
        </label>
      </div>
      {cannot && <p class="hint">{t('publish.poster.cannot')}</p>}
      <div class="poster-choice" hidden={!own}>
        <video ref={video} muted playsInline preload="metadata" onLoadedMetadata={(event) => setDuration(event.currentTarget.duration)} onError={() => setCannot(true)} />
        <label>
          <span>
            {t('publish.poster.at')}: {formatClock(value ?? 0)}
          </span>
          <input type="range" min={0} max={duration} step={0.04} value={value ?? 0} dir="ltr" onInput={(event) => seek(Number(event.currentTarget.value))} />
        </label>
      </div>
    </fieldset>
  );
}
