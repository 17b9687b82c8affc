// Every way to unlock, side by side and in plain words, before anything happens; then the steps of the chosen one.
import {
  isPathAvailable,
  isPathMet,
  listLeaves,
  type OfferPath,
  type RequirementLeaf,
  type TitleSession,
} from '@swarma/client';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Icon } from '../frame/icons.tsx';
import { formatMoment, t } from '../frame/i18n.ts';
import {
  type AskTree,
  askTree,
  costSentences,
  type Film,
  getSentence,
  isWhole,
  lastSentences,
  pathLabel,
  shareSentences,
} from './sentences.ts';
import { requirementWords } from './requirements/requirements.ts';
import { Steps } from './steps.tsx';

interface WaysProps {
  session: TitleSession;
  paths: OfferPath[];
  film: Film;
  /** The slot at which the viewer is: the first keys are requested from here on. */
  slot: number;
  onUnlocked(path: OfferPath): void;
  /** It stands in a dialog, which has a name of its own, so it is no region of the page. */
  inside?: boolean;
  /** The creator's key agent is away: new unlocks have to wait. */
  agentAway?: boolean;
  /** Plays the part that is already open. */
  onPlay?: (() => void) | undefined;
}

export function Ways({ session, paths, film, slot, inside = false, agentAway = false, onUnlocked, onPlay }: WaysProps) {
  const Region = inside ? 'div' : 'section';
  const [chosen, setChosen] = useState<string | undefined>();
  const held = useHeld(session, paths);
  const id = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  const before = useRef(chosen);
  useEffect(() => {
    // The button that was pressed is gone: who cannot see that hears where they are now.
    if (before.current !== chosen) heading.current?.focus({ preventScroll: true });
    before.current = chosen;
  }, [chosen]);
  const path = paths.find((candidate) => candidate.id === chosen);
  /** A pass opens nothing by itself: the viewer goes on with a way that asks for it. */
  const done = (finished: OfferPath) => {
    const { pass } = finished.grants;
    const next = pass && paths.find(({ requires }) => listLeaves(requires).some((leaf) => isPassOf(leaf, pass.tier)));
    setChosen(next?.id);
    if (pass) return;
    before.current = undefined; // the film has the focus now
    onUnlocked(finished);
  };
  if (path) {
    return (
      <Region class="ways ways-chosen" {...(!inside && { 'aria-labelledby': id })}>
        <header>
          <button
            type="button"
            class="quiet icon-button"
            onClick={() => setChosen(undefined)}
            aria-label={t('ways.back')}
            title={t('ways.back')}
          >
            <Icon name="back" />
          </button>
          <h2 id={id} ref={heading} tabIndex={-1} dir="auto">
            {pathLabel(path, film)}
          </h2>
        </header>
        <Steps key={path.id} session={session} path={path} slot={slot} onUnlocked={() => done(path)} />
      </Region>
    );
  }
  const first = paths.find((candidate) => !candidate.open && isPathAvailable(candidate));
  return (
    <Region class="ways" {...(!inside && { 'aria-labelledby': id })}>
      <h2 id={id} ref={heading} tabIndex={-1}>
        {t(paths.length > 1 ? 'ways.heading' : 'ways.headingOne')}
      </h2>
      <p class="hint">{t('ways.intro')}</p>
      {agentAway && (
        <p class="ways-away" role="status">
          <Icon name="warning" /> <span>{t('ways.agentAway')}</span>
        </p>
      )}
      <ul class="ways-list">
        {paths.map((candidate) => (
          <Way
            key={candidate.id}
            path={candidate}
            film={film}
            until={held.until.get(candidate.id)}
            begun={held.begun.has(candidate.id)}
            main={candidate === first}
            onChoose={() => setChosen(candidate.id)}
            onPlay={onPlay}
          />
        ))}
      </ul>
    </Region>
  );
}

function isPassOf(leaf: RequirementLeaf, tier: string): boolean {
  return leaf.requirement === 'allowlist_token' && leaf.params?.['pass'] === tier;
}

interface Held {
  until: Map<string, number>;
  begun: Set<string>;
}

/** Which ways are unlocked, and which have been begun. */
function useHeld(session: TitleSession, paths: OfferPath[]): Held {
  const [held, setHeld] = useState<Held>({ until: new Map(), begun: new Set() });
  useEffect(() => {
    let gone = false;
    const look = async () => {
      const [unlocks, proofs] = await Promise.all([session.heldUnlocks(), session.heldProofs()]);
      if (gone) return;
      const begun = paths.filter(
        (path) => !path.open && listLeaves(path.requires).some((leaf) => proofs.has(leaf.key ?? '')),
      );
      setHeld({
        until: new Map(unlocks.map(({ path, until }) => [path, until])),
        begun: new Set(begun.map((path) => path.id)),
      });
    };
    void look();
    const unsubscribe = session.subscribe((event) => event.kind === 'changed' && void look());
    return () => {
      gone = true;
      unsubscribe();
    };
  }, [session, paths]);
  return held;
}

interface WayProps {
  path: OfferPath;
  film: Film;
  until: number | undefined;
  begun: boolean;
  main: boolean;
  onChoose(): void;
  onPlay: (() => void) | undefined;
}

function Way({ path, film, until, begun, main, onChoose, onPlay }: WayProps) {
  const label = pathLabel(path, film);
  const available = isPathAvailable(path);
  return (
    <li class="way" data-path={path.id}>
      <h3 dir="auto">{label}</h3>
      <dl>
        <div>
          <dt>{t('ways.asks')}</dt>
          <dd>{path.requires ? <Asks tree={askTree(path.requires)} /> : t('ways.ask.nothing')}</dd>
        </div>
        <Sentences label={t('ways.opens')} items={[getSentence(path, film)]} />
        <Sentences label={t('ways.lasts')} items={lastSentences(path)} />
        <Sentences label={t('ways.costs')} items={costSentences(path)} />
        <Sentences label={t('ways.shares')} items={shareSentences(path)} />
      </dl>
      {path.open ? (
        onPlay && (
          <button type="button" class="button" onClick={onPlay}>
            <Icon name="play" /> {t('film.play')}
          </button>
        )
      ) : until !== undefined ? (
        <p class="way-state">
          <Icon name="open" /> {t('ways.unlockedUntil', { time: formatMoment(until) })}
        </p>
      ) : available ? (
        <button
          type="button"
          class={main ? 'button button-main' : 'button'}
          aria-label={t('ways.chooseNamed', { label })}
          onClick={onChoose}
        >
          {t(begun ? 'ways.continue' : 'ways.choose')}
        </button>
      ) : (
        <p class="way-state hint">{t('ways.unavailable')}</p>
      )}
    </li>
  );
}

function Sentences({ label, items }: { label: string; items: string[] }) {
  if (items.length === 0) return null;
  return (
    <div>
      <dt>{label}</dt>
      {items.map((item) => (
        <dd key={item}>{item}</dd>
      ))}
    </div>
  );
}

function Asks({ tree }: { tree: AskTree }) {
  if ('leaf' in tree) return <span dir="auto">{requirementWords(tree.leaf, 'ask')}</span>;
  return (
    <>
      <span class="hint">{t(tree.all ? 'ways.allOf' : 'ways.anyOf')}</span>
      <ul class="asks">
        {tree.children.map((child, i) => (
          <li key={i}>
            <Asks tree={child} />
          </li>
        ))}
      </ul>
    </>
  );
}

/** Whether the whole film is already open, so that there is nothing to choose. */
export function isAllOpen(paths: OfferPath[], film: Film, groups: string[]): boolean {
  return paths.some(
    (path) =>
      path.open &&
      isPathMet(path, new Map()) &&
      isWhole(path.grants.slots, film) &&
      groups.every((group) => path.grants.key_groups.includes(group)),
  );
}
