import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { announce } from '../frame/announcer.tsx';
import { Icon } from '../frame/icons.tsx';
import { formatClock, formatDate, formatList, language, languageName, t } from '../frame/i18n.ts';
import type { LoadedTitle } from '../title/loaded-title.ts';

/** Name and summary in the reader's language where the creator gave them, in the original otherwise. */
export function localText({ record, details }: Pick<LoadedTitle, 'record' | 'details'>): {
  name: string;
  summary: string;
  language: string;
} {
  const local = details.texts?.[language.value];
  if (local?.name && record.language?.split('-')[0] !== language.value) return { ...local, language: language.value };
  return { name: record.name, summary: record.summary ?? '', language: record.language ?? '' };
}

const unique = (items: string[]): string[] => [...new Set(items)];
const named = (tag: string | undefined): string => (tag && tag !== 'und' ? languageName(tag) : '');

/** Length, best picture and languages in one line. */
export function TitleMeta({ title: { record, details } }: { title: LoadedTitle }) {
  const best = Math.max(
    0,
    ...details.tracks
      .filter((track) => track.kind === 'video')
      .map((track) => Math.min(track.width ?? 0, track.height ?? 0)),
  );
  const sounds = unique(
    details.tracks.filter((track) => track.kind === 'audio').map((track) => named(track.language)),
  ).filter(Boolean);
  const parts = [
    formatClock(record.duration_ms / 1000),
    best > 0 ? t('film.lines', { n: String(best) }) : '',
    sounds.length > 0 ? formatList(sounds) : '',
  ];
  return <p class="meta">{parts.filter(Boolean).join(' · ')}</p>;
}

export function TitleFacts({ title }: { title: LoadedTitle }) {
  const { record, details } = title;
  const of = (kind: string) => details.tracks.filter((track) => track.kind === kind);
  const heights = unique(of('video').map((track) => String(Math.min(track.width ?? 0, track.height ?? 0))));
  const sounds = unique(
    of('audio').map(
      (track) =>
        [named(track.language), track.channels && track.channels > 2 ? '5.1' : ''].filter(Boolean).join(' ') ||
        track.name,
    ),
  );
  const captions = unique(of('captions').map((track) => named(track.language) || track.name));
  return (
    <section class="facts" aria-label={t('title.about')}>
      <div class="facts-text">
        {record.tags && record.tags.length > 0 && (
          <ul class="tags" aria-label={t('title.tags')}>
            {record.tags.map((tag) => (
              <li key={tag}>
                <a href={`/?${new URLSearchParams({ q: tag })}`} dir="auto">
                  {tag}
                </a>
              </li>
            ))}
          </ul>
        )}
        <ShareButton />
      </div>
      <dl class="facts-list">
        {heights.length > 0 && (
          <Fact name={t('film.quality')}>{formatList(heights.map((height) => t('film.lines', { n: height })))}</Fact>
        )}
        {sounds.length > 0 && <Fact name={t('film.sound')}>{formatList(sounds)}</Fact>}
        <Fact name={t('film.captions')}>{captions.length > 0 ? formatList(captions) : t('film.captions.none')}</Fact>
        <Fact name={t('title.signedBy')} long>
          <code class="did" dir="ltr" title={record.creator}>
            {record.creator}
          </code>
          <span class="hint">
            <Icon name="check" /> {t('title.signedBy.help')}
          </span>
          <span class="hint">{t('title.revision', { n: record.revision, date: formatDate(record.created_at) })}</span>
        </Fact>
        {details.notes && details.notes.length > 0 && (
          <div class="fact-long">
            <dt>{t('title.notes')}</dt>
            {details.notes.map((note) => (
              <dd key={note} dir="auto">
                {note}
              </dd>
            ))}
          </div>
        )}
      </dl>
    </section>
  );
}

function Fact({ name, long = false, children }: { name: string; long?: boolean; children: ComponentChildren }) {
  return (
    <div class={long ? 'fact-long' : undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function ShareButton() {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(window.location.origin + window.location.pathname);
    setCopied(true);
    announce(t('film.linkCopied'));
  };
  return (
    <button type="button" class="button" onClick={() => void copy()}>
      <Icon name={copied ? 'check' : 'link'} /> {t(copied ? 'film.linkCopied' : 'title.share')}
    </button>
  );
}
