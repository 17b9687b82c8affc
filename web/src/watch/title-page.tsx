// The page of one film: the stage on top, the ways to watch below it, then details and who signed it.
import { asSwarmaError, isAgentAway, type Offer, type OfferPath } from '@swarma/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { announce } from '../frame/announcer.tsx';
import { Failure } from '../frame/failure.tsx';
import { Icon } from '../frame/icons.tsx';
import { Poster } from '../frame/poster.tsx';
import { formatClock, t } from '../frame/i18n.ts';
import { bringIntoView } from '../frame/into-view.ts';
import { Empty } from '../frame/states.tsx';
import { readResume } from '../title/resume.ts';
import { type LoadedTitle, openTitle } from '../title/loaded-title.ts';
import type { Film } from '../unlock/sentences.ts';
import { isAllOpen, Ways } from '../unlock/ways.tsx';
import { loadPlayer, type PlayerProps } from '../player/lazy.ts';
import { useAsync } from '../frame/use-async.ts';
import { localText, TitleFacts, TitleMeta } from './title-facts.tsx';

const kFewWays = 2; // up to this many stand beside the text; more of them go below it

export function TitlePage({ id }: { id: string }) {
  const { value, error, retry } = useAsync(() => openTitle(id), [id]);
  useEffect(() => void loadPlayer().catch(() => undefined), []); // if it fails, pressing play tries again
  useEffect(() => {
    if (!value) return;
    document.title = `${localText(value).name} – ${t('app.name')}`;
    return () => value.session.close();
  }, [value]);
  if (error !== undefined) {
    if (['title_not_found', 'title_withdrawn', 'bad_title_id'].includes(asSwarmaError(error).reason))
      return <Missing />;
    return <Failure page error={error} retry={retry} />;
  }
  return value ? <Title title={value} /> : <TitleSkeleton />;
}

function Title({ title }: { title: LoadedTitle }) {
  const { record, details, session } = title;
  const offer = useAsync(() => title.offer, [title]);
  const [playing, setPlaying] = useState<{ from: number } | undefined>();
  const [everUnlocked, setEverUnlocked] = useState(false);
  const film: Film = { slots: record.slots, durationMs: record.duration_ms, details };
  const ways = useRef<HTMLDivElement>(null);
  const { frame, show, onPlayer } = useShownPlayer();
  const text = localText(title);
  const lock = useStage(title, offer.value, everUnlocked);
  const showWays = offer.value && !isAllOpen(offer.value.paths, film, record.key_groups);
  const layout = offer.value && !showWays ? 'none' : (offer.value?.paths.length ?? 0) > kFewWays ? 'many' : 'few';
  const play = () => {
    setPlaying((before) => before ?? { from: lock.resumeAt });
    show();
  };

  return (
    <article class="title" data-ways={layout}>
      <div class="stage-frame" ref={frame} tabIndex={-1}>
        {playing ? (
          <PlayerStage
            title={title}
            offer={offer.value}
            film={film}
            startAt={playing.from}
            name={text.name}
            onPlayer={onPlayer}
          />
        ) : (
          <div class="stage" data-state="poster">
            <Poster id={record.poster} eager />
            <div class="stage-front">
              {lock.canPlay ? (
                <button type="button" class="button button-main button-big" onClick={play} data-testid="play">
                  <Icon name="play" />
                  {lock.resumeAt > 0
                    ? t('title.resume', { time: formatClock(lock.resumeAt) })
                    : t(lock.onlyPreview ? 'title.playPreview' : 'film.play')}
                </button>
              ) : (
                offer.value && (
                  <button
                    type="button"
                    class="button button-main button-big"
                    onClick={() => {
                      if (ways.current) bringIntoView(ways.current);
                      ways.current?.querySelector('button')?.focus({ preventScroll: true });
                    }}
                  >
                    <Icon name="lock" />
                    {t('title.unlock')}
                  </button>
                )
              )}
            </div>
          </div>
        )}
      </div>
      <header class="title-head">
        <h1 dir="auto" lang={text.language || undefined}>
          {text.name}
        </h1>
        <TitleMeta title={title} />
        {text.summary && (
          <p class="summary" dir="auto" lang={text.language || undefined}>
            {text.summary}
          </p>
        )}
      </header>
      {offer.error !== undefined && <Failure error={offer.error} retry={() => window.location.reload()} />}
      {showWays && offer.value && (
        <div class="title-ways" ref={ways}>
          <Ways
            session={session}
            paths={offer.value.paths}
            film={film}
            slot={0}
            agentAway={isAgentAway(offer.value)}
            onPlay={playing ? undefined : play}
            onUnlocked={() => {
              setEverUnlocked(true);
              announce(t('step.unlocked'));
              play();
            }}
          />
        </div>
      )}
      <TitleFacts title={title} />
    </article>
  );
}

/**
 * The stage may be out of sight when the film begins: `show` scrolls to it and focuses it. The player takes over the
 * focus once it is loaded, unless the viewer has focused something else meanwhile.
 */
function useShownPlayer() {
  const frame = useRef<HTMLDivElement>(null);
  const focusPlayer = () =>
    (frame.current?.querySelector<HTMLElement>('#stage') ?? frame.current)?.focus({ preventScroll: true });
  return {
    frame,
    show: () => {
      focusPlayer();
      if (frame.current) bringIntoView(frame.current);
    },
    onPlayer: () => {
      if ([document.body, null, frame.current].includes(document.activeElement as HTMLDivElement)) focusPlayer();
    },
  };
}

/** What the big button does: which part can be played right now, and where the viewer left off. */
function useStage(
  title: LoadedTitle,
  offer: Offer | undefined,
  everUnlocked: boolean,
): { canPlay: boolean; onlyPreview: boolean; resumeAt: number } {
  const [state, setState] = useState({ canPlay: false, onlyPreview: false, resumeAt: 0 });
  const { session, record } = title;
  useEffect(() => {
    if (!offer) return;
    let gone = false;
    void (async () => {
      const [resumeAt, held] = await Promise.all([readResume(record.title_id), session.heldUnlocks()]);
      const usable = offer.paths.filter(
        (path: OfferPath) => path.open || held.some((unlock) => unlock.path === path.id),
      );
      const end = Math.max(0, ...usable.map((path) => path.grants.slots[1]));
      if (!gone)
        setState({ canPlay: usable.length > 0, onlyPreview: usable.length > 0 && end < record.slots, resumeAt });
    })();
    return () => void (gone = true);
  }, [offer, session, record, everUnlocked]);
  return state;
}

function PlayerStage({
  onPlayer,
  ...props
}: Omit<PlayerProps, 'offer'> & { offer: Offer | undefined; onPlayer(): void }) {
  const { value: player, error } = useAsync(loadPlayer, []);
  const isThere = player !== undefined && props.offer !== undefined;
  useEffect(() => {
    if (isThere) onPlayer();
  }, [isThere]);
  if (error !== undefined) return <Failure error={error} />;
  if (!player || !props.offer) {
    return (
      <div class="stage" data-state="loading">
        <Poster id={props.title.record.poster} eager />
        <div class="stage-front">
          <span class="spinner" role="status" aria-label={t('title.loading')} />
        </div>
      </div>
    );
  }
  return <player.Player {...props} offer={props.offer} />;
}

function Missing() {
  return (
    <Empty
      page
      icon="film"
      title={t('title.notFound.title')}
      action={
        <a class="button" href="/">
          {t('nav.home')}
        </a>
      }
    >
      {t('title.notFound.text')}
    </Empty>
  );
}

function TitleSkeleton() {
  return (
    <div class="title skeleton" role="status">
      <span class="hidden">{t('title.loading')}</span>
      <div class="stage-frame">
        <div class="stage">
          <span class="poster" />
        </div>
      </div>
      <span class="bone bone-title" />
      <span class="bone" />
      <span class="bone bone-short" />
    </div>
  );
}
