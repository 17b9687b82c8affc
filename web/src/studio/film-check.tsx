// Asks the node, while a film is still being uploaded, whether it can be published: nobody waits for an encode to learn
// that it cannot.
import { asSwarmaError, type MediaCheck, SwarmaError } from '@swarma/client';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { client } from '../frame/client.ts';
import { InlineFailure } from '../frame/failure.tsx';
import { formatList, languageName, t } from '../frame/i18n.ts';
import type { CaptionDraft } from './captions-field.tsx';
import type { FilmLength } from './preview.ts';
import type { FileUpload } from './uploads.ts';

const kFirstLookBytes = 1 << 20;

interface FilmCheck {
  found: MediaCheck | undefined;
  error: unknown;
  /**
   * The answer about the whole film, once it is uploaded; undefined when the check failed (publishing then tells why).
   */
  whole(): Promise<MediaCheck | undefined>;
}

/**
 * Asks when the first pieces are there, then each time the upload has doubled until there is an answer, then about the
 * whole film.
 */
export function useFilmCheck(upload: FileUpload, captions: CaptionDraft[]): FilmCheck {
  const [found, setFound] = useState<MediaCheck>();
  const [error, setError] = useState<unknown>();
  const asked = useRef(new Map<string, Promise<MediaCheck | undefined>>());
  const isWhole = upload.state.value === 'done';
  const there = captions.filter((caption) => caption.upload.state.value === 'done');
  const looks = Math.floor(Math.log2(upload.sent.value / kFirstLookBytes));

  const ask = (moment: string): Promise<MediaCheck | undefined> => {
    const request = {
      upload_id: upload.id ?? '',
      captions: there.map(({ language, encoding, upload: { id } }) => ({
        language,
        upload_id: id ?? '',
        ...(encoding && { encoding }),
      })),
    };
    const key = JSON.stringify([moment, request]);
    const before = asked.current.get(key);
    if (before) return before;
    const answer = client.creator.check(request).then(
      (told) => {
        if (asked.current.get(key) === [...asked.current.values()].at(-1)) setFound(told);
        setError(undefined);
        return told;
      },
      (problem: unknown) => {
        if (asSwarmaError(problem).reason !== 'upload_incomplete') setError(problem);
        return undefined;
      },
    );
    asked.current.set(key, answer);
    return answer;
  };
  useEffect(() => {
    if (isWhole) void ask('whole');
    else if (!found && looks >= 0) void ask(String(looks));
  }, [isWhole, looks, there.map(({ language, encoding, upload: { id } }) => `${language}/${encoding}/${id}`).join()]);
  return { found, error, whole: () => upload.done.then(() => ask('whole')) };
}

export function lengthOf(found: MediaCheck | undefined): FilmLength | undefined {
  return found?.film && found.plan ? { seconds: found.film.duration_ms / 1000, slots: found.plan.slots } : undefined;
}

export function CheckReport({ found, error }: Omit<FilmCheck, 'whole'>) {
  if (error !== undefined) return <InlineFailure error={error} />;
  if (!found) return null;
  return (
    <section class="panel check" aria-label={t('check.title')} data-ok={found.can_be_published}>
      <h2>{t(found.can_be_published ? 'check.fine' : 'check.refused')}</h2>
      {found.so_far && <p class="hint">{t('check.soFar')}</p>}
      {found.refusals.map(({ reason, detail }) => (
        <InlineFailure key={reason + detail} error={new SwarmaError(reason, detail)} />
      ))}
      {found.can_be_published && found.plan && <Plan plan={found.plan} />}
      {found.notes.length > 0 && (
        <ul class="plain notes" aria-label={t('check.notes')}>
          {found.notes.map((note) => (
            <li key={note} dir="auto">
              {note}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Plan({ plan }: { plan: NonNullable<MediaCheck['plan']> }) {
  const asItIs = (name: string, copied: boolean) => (copied ? t('check.copied', { name }) : name);
  const named = (tag: string, name: string) => (tag && tag !== 'und' ? languageName(tag) : name);
  const of = (kind: string) => plan.tracks.filter((track) => track.kind === kind);
  const sounds = of('audio').map((track) =>
    asItIs(
      [named(track.language, track.name), track.channels > 2 ? '5.1' : ''].filter(Boolean).join(' '),
      track.copied,
    ),
  );
  const captions = of('captions').map((track) => named(track.language, track.name));
  return (
    <dl class="facts-list">
      <Row name={t('film.quality')}>{formatList(plan.renditions.map(({ name, copied }) => asItIs(name, copied)))}</Row>
      {sounds.length > 0 && <Row name={t('film.sound')}>{formatList([...new Set(sounds)])}</Row>}
      <Row name={t('film.captions')}>{captions.length > 0 ? formatList(captions) : t('film.captions.none')}</Row>
    </dl>
  );
}

function Row({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
