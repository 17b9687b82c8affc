// The progress of one publishing job, updated live: stage, speed, time left.
import { asSwarmaError, type MediaJob, reasonOf, SwarmaError } from '@swarma/client';
import { useEffect, useState } from 'preact/hooks';
import { client } from '../frame/client.ts';
import { InlineFailure } from '../frame/failure.tsx';
import { formatNumber, formatSpan, hasMessage, t } from '../frame/i18n.ts';

/** Follows the job, shows its newest state, and calls `onEnd` when it is done, failed or cancelled. */
export function JobCard({ job, onEnd }: { job: MediaJob; onEnd(last: MediaJob): void }) {
  const [now, setNow] = useState(job);
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const abort = new AbortController();
    client.creator
      .followJob(job.media_id, setNow, abort.signal)
      .then(onEnd, (problem: unknown) => asSwarmaError(problem).reason !== 'aborted' && setError(problem));
    return () => abort.abort();
  }, [job.media_id]);

  const stage = `publish.stage.${now.state === 'queued' ? 'queued' : now.stage}`;
  const facts = [
    formatNumber(now.fraction ?? 0, { style: 'percent' }),
    (now.speed ?? 0) > 0
      ? t('publish.speed', { speed: formatNumber(now.speed ?? 0, { maximumFractionDigits: 1 }) })
      : '',
    now.eta_s !== undefined ? t('publish.uploadLeft', { time: formatSpan(now.eta_s) }) : '',
  ];
  return (
    <div class="panel job" data-state={now.state}>
      <h3 dir="auto">{now.name}</h3>
      <p>{t(hasMessage(stage) ? stage : 'publish.stage.working')}</p>
      <progress max={1} value={now.fraction ?? 0} aria-label={now.name ?? t('publish.stage.working')} />
      <p class="hint numbers">{facts.filter(Boolean).join(' · ')}</p>
      {error !== undefined && <InlineFailure error={error} />}
      <p class="actions">
        <button
          type="button"
          class="button"
          onClick={() => void client.creator.cancelJob(now.media_id).catch(setError)}
        >
          {t('publish.cancelJob')}
        </button>
        <span class="hint">{t('publish.leave')}</span>
      </p>
    </div>
  );
}

/** Why a job failed, as an error like any other. */
export function jobError(job: MediaJob): SwarmaError {
  return new SwarmaError(reasonOf(job.problem?.type ?? '') || 'internal', job.problem?.detail ?? '');
}
