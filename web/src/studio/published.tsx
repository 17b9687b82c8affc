import type { MediaJob } from '@swarma/client';
import { useEffect, useState } from 'preact/hooks';
import { client } from '../frame/client.ts';
import { announce } from '../frame/announcer.tsx';
import { Icon } from '../frame/icons.tsx';
import { t } from '../frame/i18n.ts';
import { titlePath } from '../frame/router.ts';

/** The result: the film's address and its signed record. */
export function Published({ job, onAnother }: { job: MediaJob; onAnother(): void }) {
  const [record, setRecord] = useState('');
  const path = titlePath(job.title_id ?? '');
  useEffect(() => {
    client.fetchTitle(job.title_id ?? '').then(
      ({ jws }) => setRecord(jws),
      () => undefined, // not an error: the film's page has the record too
    );
  }, []);
  const copy = async () => {
    await navigator.clipboard.writeText(window.location.origin + path);
    announce(t('film.linkCopied'));
  };
  return (
    <section class="published">
      <Icon name="check" />
      <h1>{t('publish.done.title')}</h1>
      <p>{t('publish.done.text', { name: job.name ?? '' })}</p>
      <p>
        <a class="published-link" href={path} dir="ltr">
          {window.location.origin + path}
        </a>
      </p>
      <p class="actions centred">
        <a class="button button-main" href={path}>
          {t('publish.done.view')}
        </a>
        <button type="button" class="button" onClick={() => void copy()}>
          {t('publish.done.copy')}
        </button>
        <button type="button" class="quiet" onClick={onAnother}>
          {t('publish.done.another')}
        </button>
      </p>
      {job.notes && job.notes.length > 0 && (
        <ul class="plain">
          {job.notes.map((note) => (
            <li key={note} dir="auto">
              {note}
            </li>
          ))}
        </ul>
      )}
      {record && (
        <details>
          <summary>{t('publish.done.record')}</summary>
          <code class="record" dir="ltr">
            {record}
          </code>
        </details>
      )}
    </section>
  );
}
