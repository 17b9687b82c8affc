// The first page of the studio: published films and what can be done with them, and films in progress.
import type { MediaJob, StudioTitle } from '@swarma/client';
import { useRef, useState } from 'preact/hooks';
import { client } from '../frame/client.ts';
import { announce } from '../frame/announcer.tsx';
import { Failure, InlineFailure } from '../frame/failure.tsx';
import { Icon } from '../frame/icons.tsx';
import { Poster } from '../frame/poster.tsx';
import { Busy, Empty } from '../frame/states.tsx';
import { formatBytes, formatClock, formatDate, formatNumber, t } from '../frame/i18n.ts';
import { titlePath } from '../frame/router.ts';
import { useAsync } from '../frame/use-async.ts';
import { JobCard } from './job-card.tsx';
import { UnlocksDialog } from './unlocks-dialog.tsx';
import { listUnfinished } from './uploads.ts';

export function TitlesPage({ onSignedOut }: { onSignedOut(): void }) {
  const { value, error, retry } = useAsync(async (signal) => {
    const [titles, jobs, unfinished] = await Promise.all([
      client.creator.titles(signal),
      client.creator.jobs(signal),
      listUnfinished(),
    ]);
    document.title = `${t('studio.title')} – ${t('app.name')}`;
    return { titles, jobs: jobs.filter((job) => job.state === 'queued' || job.state === 'working'), unfinished };
  }, []);
  if (error !== undefined) return <Failure page error={error} retry={retry} />;
  if (!value) return <Busy />;
  const isNew = value.titles.length === 0 && value.jobs.length === 0;
  return (
    <div class="studio">
      <header class="studio-head">
        <h1>{t('studio.title')}</h1>
        {!isNew && (
          <p class="actions">
            <a class="button" href="/studio/members">
              {t('members.title')}
            </a>
            <a class="button button-main" href="/studio/new">
              <Icon name="upload" /> {t('studio.new')}
            </a>
          </p>
        )}
      </header>
      {value.unfinished.length > 0 && <Unfinished names={value.unfinished} />}
      {value.jobs.length > 0 && <Jobs jobs={value.jobs} onEnd={retry} />}
      {isNew ? (
        <Empty
          icon="film"
          title={t('studio.empty.title')}
          action={
            <a class="button button-main" href="/studio/new">
              <Icon name="upload" /> {t('studio.new')}
            </a>
          }
        >
          {t('studio.empty.text')}
        </Empty>
      ) : (
        value.titles.length > 0 && <TitleTable titles={value.titles} onChanged={retry} />
      )}
      <SignOut onSignedOut={onSignedOut} />
    </div>
  );
}

function Unfinished({ names }: { names: string[] }) {
  return (
    <section class="panel">
      <h2>{t('studio.unfinished')}</h2>
      <p>{t('studio.unfinished.text')}</p>
      <ul class="plain">
        {names.map((name) => (
          <li key={name} dir="auto">
            {name}
          </li>
        ))}
      </ul>
      <a class="button" href="/studio/new">
        {t('publish.resume')}
      </a>
    </section>
  );
}

function Jobs({ jobs, onEnd }: { jobs: MediaJob[]; onEnd(): void }) {
  return (
    <section>
      <h2>{t('studio.jobs')}</h2>
      <ul class="jobs">
        {jobs.map((job) => (
          <li key={job.media_id}>
            <JobCard job={job} onEnd={onEnd} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function TitleTable({ titles, onChanged }: { titles: StudioTitle[]; onChanged(): void }) {
  return (
    <section>
      <h2 class="hidden">{t('studio.titles')}</h2>
      <table class="titles">
        <thead>
          <tr>
            <th scope="col">{t('studio.column.film')}</th>
            <th scope="col" class="number">
              {t('studio.column.unlocks')}
            </th>
            <th scope="col" class="number">
              {t('studio.column.size')}
            </th>
            <th scope="col">{t('studio.column.published')}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {titles.map((title) => (
            <Row key={title.title_id} title={title} onChanged={onChanged} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ title, onChanged }: { title: StudioTitle; onChanged(): void }) {
  return (
    <tr>
      <th scope="row">
        <a class="titles-film" href={titlePath(title.title_id)}>
          <Poster id={title.poster} />
          <span>
            <span class="titles-name" dir="auto" lang={title.language || undefined}>
              {title.name}
            </span>
            {title.duration_ms !== undefined && <span class="hint">{formatClock(title.duration_ms / 1000)}</span>}
          </span>
        </a>
      </th>
      <td class="number">
        <span class="cell-label">{t('studio.column.unlocks')} </span>
        {formatNumber(title.unlocks ?? 0)}
      </td>
      <td class="number">
        <span class="cell-label">{t('studio.column.size')} </span>
        {formatBytes(title.bytes ?? 0)}
      </td>
      <td>
        <span class="cell-label">{t('studio.column.published')} </span>
        {formatDate(title.created_at ?? 0)}
        {title.revision > 1 && <span class="hint"> · {t('studio.revision', { n: title.revision })}</span>}
      </td>
      <td class="titles-actions">
        <Actions title={title} onChanged={onChanged} />
      </td>
    </tr>
  );
}

function Actions({ title, onChanged }: { title: StudioTitle; onChanged(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [error, setError] = useState<unknown>();
  const [showsUnlocks, setShowsUnlocks] = useState(false);
  const menu = `actions-${title.title_id}`;
  const withdraw = async () => {
    try {
      await client.creator.unpublish(title.title_id);
      dialog.current?.close();
      announce(t('studio.unpublish.done', { name: title.name }));
      onChanged();
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <>
      <button
        type="button"
        class="quiet icon-button actions-button"
        popovertarget={menu}
        aria-label={t('studio.actions', { name: title.name })}
      >
        <Icon name="more" />
      </button>
      <div id={menu} class="popover actions-menu" popover="auto">
        <a class="quiet" href={titlePath(title.title_id)}>
          {t('studio.view')}
        </a>
        <a class="quiet" href={`/studio/edit/${title.title_id}`}>
          {t('studio.edit')}
        </a>
        <a class="quiet" href={`/studio/new/${title.title_id}`}>
          {t('studio.replace')}
        </a>
        <button
          type="button"
          class="quiet"
          onClick={() => {
            document.getElementById(menu)?.hidePopover();
            setShowsUnlocks(true);
          }}
        >
          {t('unlocks.action')}
        </button>
        <button
          type="button"
          class="quiet bad"
          onClick={() => {
            document.getElementById(menu)?.hidePopover();
            dialog.current?.showModal();
          }}
        >
          {t('studio.unpublish')}
        </button>
      </div>
      {showsUnlocks && <UnlocksDialog title={title} onClose={() => setShowsUnlocks(false)} />}
      <dialog ref={dialog} class="dialog" aria-label={t('studio.unpublish')}>
        <p>{t('studio.unpublish.confirm', { name: title.name })}</p>
        {error !== undefined && <InlineFailure error={error} />}
        <p class="actions dialog-actions">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            {t('studio.cancel')}
          </button>
          <button type="button" class="button button-bad" onClick={() => void withdraw()}>
            {t('studio.unpublish')}
          </button>
        </p>
      </dialog>
    </>
  );
}

function SignOut({ onSignedOut }: { onSignedOut(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <footer class="studio-foot">
      <button type="button" class="quiet" onClick={() => dialog.current?.showModal()}>
        {t('studio.signOut')}
      </button>
      <dialog ref={dialog} class="dialog" aria-label={t('studio.signOut')}>
        <p>{t('studio.signOut.confirm')}</p>
        <p class="actions dialog-actions">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            {t('studio.cancel')}
          </button>
          <button
            type="button"
            class="button button-main"
            onClick={() => void client.creator.signOut().then(onSignedOut)}
          >
            {t('studio.signOut')}
          </button>
        </p>
      </dialog>
    </footer>
  );
}
