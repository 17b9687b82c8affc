// The catalog: search as you type, a poster for each film, and at a glance what it takes to watch it.
import type { CatalogEntry, PathSummary } from '@swarma/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { client } from '../frame/client.ts';
import { Failure } from '../frame/failure.tsx';
import { Icon } from '../frame/icons.tsx';
import { Poster } from '../frame/poster.tsx';
import { Empty } from '../frame/states.tsx';
import { around, formatClock, t } from '../frame/i18n.ts';
import { location, navigate, titlePath } from '../frame/router.ts';
import { preload } from '../title/loaded-title.ts';
import { requirementWords } from '../unlock/requirements/requirements.ts';

const kTypingPauseMs = 150;

interface Results {
  query: string;
  titles: CatalogEntry[];
  next: string | undefined;
}

export function CatalogPage() {
  const query = location.value.query.get('q') ?? '';
  const [results, setResults] = useState<Results | undefined>();
  const [error, setError] = useState<unknown>();
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    document.title = query ? `${query} – ${t('app.name')}` : t('app.name');
    const abort = new AbortController();
    setError(undefined);
    client.search(query, { signal: abort.signal }).then(
      ({ titles, next }) => setResults({ query, titles, next: next ?? undefined }),
      (problem: unknown) => !abort.signal.aborted && setError(problem),
    );
    return () => abort.abort();
  }, [query, attempt]);

  const showMore = async () => {
    if (!results?.next) return;
    try {
      const { titles, next } = await client.search(results.query, { cursor: results.next });
      setResults({ query: results.query, titles: [...results.titles, ...titles], next: next ?? undefined });
    } catch (problem) {
      setError(problem);
    }
  };

  return (
    <div class="catalog">
      <h1 class="hidden">{t('catalog.title')}</h1>
      <SearchField query={query} />
      <p class="hidden" role="status">
        {results && query !== '' ? t('catalog.results', { n: results.titles.length }) : ''}
      </p>
      {error !== undefined ? (
        <Failure error={error} retry={() => setAttempt((n) => n + 1)} />
      ) : results === undefined ? (
        <Skeletons />
      ) : results.titles.length === 0 ? (
        <NothingHere query={results.query} />
      ) : (
        <>
          <ul class="grid" aria-busy={results.query !== query}>
            {results.titles.map((title, place) => (
              <Card key={title.title_id} title={title} eager={place < 4} />
            ))}
          </ul>
          {results.next && (
            <p class="actions centred">
              <button type="button" class="button" onClick={() => void showMore()}>
                {t('catalog.more')}
              </button>
            </p>
          )}
        </>
      )}
    </div>
  );
}

function SearchField({ query }: { query: string }) {
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const go = (text: string) => {
    clearTimeout(timer.current);
    const trimmed = text.trim();
    navigate(trimmed ? `/?${new URLSearchParams({ q: trimmed })}` : '/', { replace: true });
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        go(input.current?.value ?? '');
      }}
    >
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        name="q"
        aria-label={t('catalog.search')}
        placeholder={t('catalog.search.hint')}
        defaultValue={query}
        autocomplete="off"
        spellcheck={false}
        enterkeyhint="search"
        onInput={(event) => {
          clearTimeout(timer.current);
          const { value } = event.currentTarget;
          timer.current = setTimeout(() => go(value), kTypingPauseMs);
        }}
      />
      {query !== '' && (
        <button
          type="button"
          class="quiet icon-button"
          aria-label={t('catalog.search.clear')}
          onClick={() => {
            if (input.current) input.current.value = '';
            input.current?.focus();
            go('');
          }}
        >
          <Icon name="close" />
        </button>
      )}
    </form>
  );
}

function Card({ title, eager }: { title: CatalogEntry; eager: boolean }) {
  const warm = () => preload(title.title_id);
  return (
    <li>
      <a class="card" href={titlePath(title.title_id)} onPointerEnter={warm} onFocus={warm}>
        <span class="card-picture">
          <Poster id={title.poster} eager={eager} />
          <span class="badge">{formatClock(title.duration_ms / 1000)}</span>
        </span>
        <span class="card-name" dir="auto" lang={title.language || undefined}>
          {title.name}
        </span>
        <Glance paths={title.policy_summary ?? []} slots={title.slots} />
      </a>
    </li>
  );
}

/** What it takes, in a few words: the best open offer, or what the ways to unlock ask for. */
function Glance({ paths, slots }: { paths: PathSummary[]; slots: number | undefined }) {
  const open = paths.filter((path) => path.open);
  const isFree = open.some((path) => path.slots[0] === 0 && (slots === undefined || path.slots[1] >= slots));
  const asked = [
    ...new Set(
      paths
        .filter((path) => !path.open)
        .map((path) => path.requirements.map((requirement) => requirementWords({ requirement }, 'name')).join(' + ')),
    ),
  ];
  const words = asked.slice(0, 2).reduce((first, second) => (first ? t('glance.or', { first, second }) : second), '');
  if (isFree) {
    return (
      <span class="glance glance-free">
        <Icon name="open" /> {t('glance.free')}
      </span>
    );
  }
  return (
    <span class="glance">
      <Icon name="lock" />{' '}
      {[open.length > 0 ? t('glance.preview') : '', words || t('glance.locked')].filter(Boolean).join(' · ')}
    </span>
  );
}

function NothingHere({ query }: { query: string }) {
  if (query !== '') {
    return (
      <Empty
        icon="search"
        title={t('catalog.none.title', { query })}
        action={
          <a class="button" href="/">
            {t('catalog.none.action')}
          </a>
        }
      >
        {t('catalog.none.text')}
      </Empty>
    );
  }
  const [before, after] = around('catalog.empty.text', 'command');
  return (
    <Empty
      icon="film"
      title={t('catalog.empty.title')}
      action={
        <a class="button button-main" href="/studio">
          {t('catalog.empty.action')}
        </a>
      }
    >
      {before}
      <code>swarma publish FILE</code>
      {after}
    </Empty>
  );
}

function Skeletons() {
  return (
    <div role="status">
      <span class="hidden">{t('catalog.loading')}</span>
      <ul class="grid" aria-hidden="true">
        {Array.from({ length: 8 }, (_, i) => (
          <li key={i} class="card skeleton">
            <span class="card-picture">
              <span class="poster" />
            </span>
            <span class="bone" />
            <span class="bone bone-short" />
          </li>
        ))}
      </ul>
    </div>
  );
}
