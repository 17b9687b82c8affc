import { InlineFailure } from '../frame/failure.tsx';
import { formatBytes, formatSpan, t } from '../frame/i18n.ts';
import type { FileUpload } from './uploads.ts';

export function UploadBar({ upload, onChange }: { upload: FileUpload; onChange(): void }) {
  const state = upload.state.value;
  const left = upload.secondsLeft;
  const words = {
    running: t('publish.uploading'),
    paused: t('publish.paused'),
    waiting: t('publish.waiting'),
    done: t('publish.uploaded'),
    failed: t('problem.title'),
  }[state];
  const facts = [
    t('publish.uploadState', { done: formatBytes(upload.sent.value), total: formatBytes(upload.file.size) }),
  ];
  if (state === 'running' && left !== undefined && left > 1)
    facts.push(t('publish.uploadLeft', { time: formatSpan(left) }));
  return (
    <div class="panel upload" data-state={state}>
      <p class="upload-name" dir="auto">
        {upload.file.name}
      </p>
      <progress max={upload.file.size} value={upload.sent.value} aria-label={t('publish.uploading')} />
      <p class="hint numbers">
        <span role="status">{words}</span> · {facts.join(' · ')}
      </p>
      {state === 'failed' && <InlineFailure error={upload.error.value} />}
      <p class="actions">
        {(state === 'running' || state === 'waiting') && (
          <button type="button" class="button" onClick={() => upload.pause()}>
            {t('publish.pause')}
          </button>
        )}
        {(state === 'paused' || state === 'failed') && (
          <button type="button" class="button button-main" onClick={() => upload.resume()}>
            {t('publish.resume')}
          </button>
        )}
        <button type="button" class="quiet" onClick={onChange}>
          {t('publish.change')}
        </button>
      </p>
    </div>
  );
}
