// Changes text and terms of a published film: a new signed revision of the same encrypted film.
import type { StudioTitle } from '@swarma/client';
import { useEffect, useState } from 'preact/hooks';
import { client } from '../frame/client.ts';
import { announce } from '../frame/announcer.tsx';
import { Failure, InlineFailure } from '../frame/failure.tsx';
import { Busy } from '../frame/states.tsx';
import { t } from '../frame/i18n.ts';
import { NotFoundPage } from '../frame/not-found.tsx';
import { navigate } from '../frame/router.ts';
import { useAsync } from '../frame/use-async.ts';
import { type FilmDraft, FilmForm, tagsOf } from './film-form.tsx';
import type { FilmLength } from './preview.ts';
import { policySentences } from './sentences.ts';
import { newTerms, type TermsDraft, toPolicy, withFittingPreview } from './terms.ts';
import { TermsField } from './terms-field.tsx';

export function EditPage({ titleId }: { titleId: string }) {
  const { value, error, loading, retry } = useAsync(async () => {
    const title = (await client.creator.titles()).find((candidate) => candidate.title_id === titleId);
    if (!title) return undefined;
    const { record } = await client.fetchTitle(titleId);
    return { title, length: { seconds: record.duration_ms / 1000, slots: record.slots, groups: record.key_groups } };
  }, [titleId]);
  if (error !== undefined) return <Failure page error={error} retry={retry} />;
  if (value) return <EditForm {...value} />;
  return loading ? <Busy /> : <NotFoundPage />;
}

function EditForm({ title, length }: { title: StudioTitle; length: FilmLength }) {
  const [film, setFilm] = useState<FilmDraft>({
    name: title.name,
    summary: title.summary ?? '',
    language: title.language ?? '',
    tags: (title.tags ?? []).join(', '),
    texts: title.texts ?? {},
  });
  const [terms, setTerms] = useState<TermsDraft | undefined>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    document.title = `${title.name} – ${t('app.name')}`;
  }, [title.name]);

  const save = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const text = {
        name: film.name.trim(),
        summary: film.summary.trim(),
        language: film.language,
        tags: tagsOf(film),
      };
      const { revision } = await client.creator.revise(title.title_id, {
        ...text,
        ...(terms && toPolicy(withFittingPreview(terms, length))),
      });
      announce(t('studio.saved', { n: revision }));
      navigate('/studio');
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };

  return (
    <div class="studio publish">
      <h1 dir="auto">{title.name}</h1>
      <form
        class="publish-form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <section aria-label={t('publish.section.about')}>
          <h2>{t('publish.section.about')}</h2>
          <FilmForm value={film} onChange={setFilm} />
        </section>
        <section aria-label={t('publish.section.terms')}>
          <h2>{t('publish.section.terms')}</h2>
          {terms ? (
            <TermsField value={withFittingPreview(terms, length)} film={length} hasCodes onChange={setTerms} />
          ) : (
            <div class="plain-words">
              <h3>{t('publish.terms.read')}</h3>
              <ul>
                {(title.policy ? policySentences(title.policy, length) : []).map((sentence) => (
                  <li key={sentence} dir="auto">
                    {sentence}
                  </li>
                ))}
              </ul>
              <button
                type="button"
                class="button"
                onClick={() =>
                  title.policy && setTerms({ ...newTerms(), preset: 'own', own: { policy: title.policy, codes: {} } })
                }
              >
                {t('studio.changeTerms')}
              </button>
            </div>
          )}
        </section>
        {error !== undefined && <InlineFailure error={error} />}
        <p class="actions">
          <button type="submit" class="button button-main" disabled={busy}>
            {t('studio.save', { n: title.revision + 1 })}
          </button>
          <a class="button" href="/studio">
            {t('studio.cancel')}
          </a>
        </p>
      </form>
    </div>
  );
}
