// From a file to a published film: choose it, describe it, set its terms, and follow its progress.
import { type MediaJob, type PublishRequest, vaultKey } from '@swarma/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { client } from '../frame/client.ts';
import { Failure, InlineFailure } from '../frame/failure.tsx';
import { language, t } from '../frame/i18n.ts';
import { useAsync } from '../frame/use-async.ts';
import { type CaptionDraft, CaptionsField } from './captions-field.tsx';
import { FileDrop } from './file-drop.tsx';
import { CheckReport, lengthOf, useFilmCheck } from './film-check.tsx';
import { type FilmDraft, FilmForm, newFilm, tagsOf } from './film-form.tsx';
import { JobCard, jobError } from './job-card.tsx';
import { PosterField } from './poster-field.tsx';
import { type FilmLength, givesAllAway, uncut } from './preview.ts';
import { Published } from './published.tsx';
import { newTerms, type TermsDraft, toPolicy, withFittingPreview } from './terms.ts';
import { TermsField } from './terms-field.tsx';
import { UploadBar } from './upload-bar.tsx';
import { FileUpload } from './uploads.ts';

export function PublishPage({ titleId }: { titleId: string | undefined }) {
  const [upload, setUpload] = useState<FileUpload | undefined>();
  const [job, setJob] = useState<MediaJob | undefined>();
  const previous = useAsync(
    async () => (titleId ? (await client.creator.titles()).find((title) => title.title_id === titleId) : undefined),
    [titleId],
  );
  const heading = previous.value ? t('publish.titleRevision', { name: previous.value.name }) : t('publish.title');
  useEffect(() => {
    document.title = `${heading} – ${t('app.name')}`;
  }, [heading]);

  if (job?.state === 'done') return <Published job={job} onAnother={() => (setJob(undefined), setUpload(undefined))} />;
  if (job?.state === 'failed' || job?.state === 'cancelled') {
    return (
      <Failure page error={jobError(job)} title={t('publish.failed.title')} retry={() => setJob(undefined)}>
        {t('publish.failed.text')}
      </Failure>
    );
  }
  return (
    <div class="studio publish">
      <h1>{heading}</h1>
      {previous.error !== undefined && <InlineFailure error={previous.error} />}
      {job ? (
        <JobCard job={job} onEnd={setJob} />
      ) : upload ? (
        <>
          <UploadBar
            upload={upload}
            onChange={() => {
              upload.cancel();
              setUpload(undefined);
            }}
          />
          <Form
            upload={upload}
            titleId={titleId}
            start={
              previous.value
                ? {
                    name: previous.value.name,
                    summary: previous.value.summary ?? '',
                    language: previous.value.language ?? '',
                    tags: (previous.value.tags ?? []).join(', '),
                    texts: previous.value.texts ?? {},
                  }
                : undefined
            }
            onStarted={setJob}
          />
        </>
      ) : (
        <FileDrop onFile={(file) => setUpload(new FileUpload(file, 'film'))} />
      )}
    </div>
  );
}

interface Draft {
  film: FilmDraft;
  terms: TermsDraft;
  posterSeconds: number | undefined;
}

const kDraft = vaultKey<{ key: string; draft: Draft }>('draft'); // `key` tells which file it belongs to

function nameFromFile(file: File): string {
  return file.name
    .replace(/\.[^.]+$/, '')
    .replace(/[_.]+/g, ' ')
    .trim();
}

interface FormProps {
  upload: FileUpload;
  titleId: string | undefined;
  start: FilmDraft | undefined;
  onStarted(job: MediaJob): void;
}

function Form({ upload, titleId, start, onStarted }: FormProps) {
  const [draft, setDraft] = useState<Draft>({
    film: start ?? { ...newFilm(language.value), name: nameFromFile(upload.file) },
    terms: newTerms(),
    posterSeconds: undefined,
  });
  const [captions, setCaptions] = useState<CaptionDraft[]>([]);
  const [picture, setPicture] = useState<FileUpload>();
  const [seenLength, setSeenLength] = useState<FilmLength>();
  const [waiting, setWaiting] = useState(false);
  const [error, setError] = useState<unknown>();
  const check = useFilmCheck(upload, captions);
  const length = lengthOf(check.found) ?? seenLength;
  const terms = withFittingPreview(draft.terms, length);
  const intent = useRef(crypto.randomUUID());
  useKeptDraft(upload.file, draft, setDraft);

  const submit = async () => {
    setError(undefined);
    setWaiting(true);
    try {
      // The check of the whole film may be the first one to be answered: the creator must see it before anything is
      // published.
      const whole = await check.whole();
      const known = lengthOf(whole) ?? length;
      const fitting = withFittingPreview(draft.terms, known);
      if (whole?.can_be_published === false || (givesAllAway(toPolicy(fitting).policy, known) && !fitting.openToAll)) {
        setWaiting(false);
        return;
      }
      const request = await makeRequest({ ...draft, terms: fitting }, { upload, captions, picture }, titleId);
      const { media_id } = await client.creator.publish(request, intent.current);
      await client.vault.delete(kDraft);
      onStarted({ media_id, state: 'queued', name: draft.film.name });
    } catch (problem) {
      intent.current = crypto.randomUUID(); // the next attempt may send something else
      setError(problem);
      setWaiting(false);
    }
  };

  return (
    <form
      class="publish-form"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <CheckReport found={check.found} error={check.error} />
      <section aria-label={t('publish.section.about')}>
        <h2>{t('publish.section.about')}</h2>
        <FilmForm value={draft.film} onChange={(film) => setDraft({ ...draft, film })} />
        <PosterField
          file={upload.file}
          seconds={draft.posterSeconds}
          picture={picture}
          onLength={(seconds) => setSeenLength(uncut(seconds))}
          onChange={(posterSeconds, own) => {
            setDraft({ ...draft, posterSeconds });
            setPicture(own);
          }}
        />
        <CaptionsField value={captions} language={draft.film.language} onChange={setCaptions} />
      </section>
      <section aria-label={t('publish.section.terms')}>
        <h2>{t('publish.section.terms')}</h2>
        <TermsField value={terms} film={length} onChange={(changed) => setDraft({ ...draft, terms: changed })} />
      </section>
      {error !== undefined && <InlineFailure error={error} />}
      <p class="actions">
        <button
          type="submit"
          class="button button-main button-big"
          disabled={waiting || check.found?.can_be_published === false}
        >
          {t(
            waiting
              ? 'publish.submitting'
              : upload.state.value === 'done'
                ? 'publish.submit'
                : 'publish.submitWhenUploaded',
          )}
        </button>
        {waiting && upload.state.value !== 'done' && <span role="status">{t('publish.willStart')}</span>}
      </p>
    </form>
  );
}

interface Files {
  upload: FileUpload;
  captions: CaptionDraft[];
  picture: FileUpload | undefined;
}

async function captionRequest({ language: tag, encoding, upload }: CaptionDraft) {
  return { language: tag, upload_id: await upload.done, ...(encoding && { encoding }) };
}

async function makeRequest(
  draft: Draft,
  { upload, captions, picture }: Files,
  titleId: string | undefined,
): Promise<PublishRequest> {
  const { policy, codes } = toPolicy(draft.terms);
  const { film, posterSeconds } = draft;
  return {
    upload_id: await upload.done,
    name: film.name.trim(),
    summary: film.summary.trim(),
    language: film.language,
    tags: tagsOf(film),
    policy,
    ...(codes && { codes }),
    ...(Object.keys(film.texts).length > 0 && { texts: film.texts }),
    ...(posterSeconds !== undefined && { poster: { at_ms: Math.round(posterSeconds * 1000) } }),
    ...(picture && { poster: { upload_id: await picture.done } }),
    ...(captions.length > 0 && { captions: await Promise.all(captions.map(captionRequest)) }),
    ...(titleId && { title_id: titleId }),
  };
}

/** Keeps the form in the vault, so that it is filled again when the same file is chosen later. */
function useKeptDraft(file: File, draft: Draft, setDraft: (draft: Draft) => void): void {
  const key = `${file.name}/${file.size}`;
  const loaded = useRef(false);
  useEffect(() => {
    void client.vault.get(kDraft).then((kept) => {
      if (kept?.key === key) setDraft({ ...kept.draft, terms: { ...newTerms(), ...kept.draft.terms } });
      loaded.current = true;
    });
  }, []);
  useEffect(() => {
    if (!loaded.current) return;
    const timer = setTimeout(() => void client.vault.put(kDraft, { key, draft }), 500);
    return () => clearTimeout(timer);
  }, [draft]);
}
