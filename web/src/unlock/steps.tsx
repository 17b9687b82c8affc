// The steps of one way: each requirement with its control. Once enough of them are met, the film is unlocked at once.
import {
  asSwarmaError,
  isMet,
  isPathMet,
  listLeaves,
  type OfferPath,
  pauseFor,
  type TitleSession,
} from '@swarma/client';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { announce } from '../frame/announcer.tsx';
import { InlineFailure } from '../frame/failure.tsx';
import { Icon } from '../frame/icons.tsx';
import { t } from '../frame/i18n.ts';
import { kindOf, requirementWords } from './requirements/requirements.ts';
import type { StepProps } from './step-props.ts';

interface StepsProps {
  session: TitleSession;
  path: OfferPath;
  slot: number;
  onUnlocked(): void;
}

export function Steps({ session, path, slot, onUnlocked }: StepsProps) {
  const [held, setHeld] = useState<ReadonlyMap<string, number>>(new Map());
  const [error, setError] = useState<unknown>();
  const [unlocking, setUnlocking] = useState(false);
  const [away, setAway] = useState(false);
  const busy = useRef(false);
  const list = useRef<HTMLOListElement>(null);
  const gone = useRef(new AbortController());
  const leaves = listLeaves(path.requires).filter((leaf) => leaf.available !== false);

  /** The control that was used is gone with its step: the next one begins at its heading. */
  const focusNext = () =>
    void requestAnimationFrame(() => {
      if (document.activeElement === document.body)
        list.current?.querySelector<HTMLElement>('[data-done="false"] h3')?.focus();
    });

  const advance = useCallback(async () => {
    const proofs = await session.heldProofs();
    setHeld(proofs);
    if (!isPathMet(path, proofs) || busy.current) return focusNext();
    busy.current = true;
    setUnlocking(true);
    setError(undefined);
    try {
      const finish = () => (path.grants.pass ? session.passes.request(path) : session.unlock(path, slot));
      await patiently(finish, { signal: gone.current.signal, onAway: () => setAway(true) });
      announce(t(path.grants.pass ? 'step.passGiven' : 'step.unlocked'));
      onUnlocked();
    } catch (problem) {
      setError(problem);
      setHeld(await session.heldProofs());
    } finally {
      busy.current = false;
      setUnlocking(false);
      setAway(false);
    }
  }, [session, path, slot]);

  useEffect(() => {
    gone.current = new AbortController();
    void advance();
    return () => gone.current.abort();
  }, []);

  return (
    <div class="steps">
      <ol ref={list}>
        {leaves.map((leaf, i) => {
          const done = isMet(leaf, held);
          return (
            <li key={leaf.key} class="step" data-done={done} data-requirement={leaf.requirement}>
              <h3 tabIndex={-1}>
                <span class="step-mark" aria-hidden="true">
                  {done ? <Icon name="check" /> : i + 1}
                </span>
                <span dir="auto">{requirementWords(leaf, 'ask')}</span>
                <span class="hidden">
                  {t('step.of', { n: i + 1, total: leaves.length })}
                  {done ? `. ${t('step.done')}` : ''}
                </span>
              </h3>
              {!done && !unlocking && <Step session={session} leaf={leaf} onDone={advance} />}
            </li>
          );
        })}
      </ol>
      {unlocking && (
        <p class="step-busy" role="status">
          <span class="spinner" aria-hidden="true" /> {t(away ? 'step.agentAway' : 'step.unlocking')}
        </p>
      )}
      {error !== undefined && (
        <>
          <InlineFailure error={error} />
          {isPathMet(path, held) && (
            <button type="button" class="button" onClick={() => void advance()}>
              {t('problem.retry')}
            </button>
          )}
        </>
      )}
    </div>
  );
}

const kAskAgainSeconds = 5; // where the node does not say when

interface Patience {
  signal: AbortSignal;
  onAway(): void;
}

/** Waits for a key agent that is away: what the viewer has shown stays good meanwhile. */
async function patiently(work: () => Promise<void>, { signal, onAway }: Patience): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const { reason, retryAfterSeconds = kAskAgainSeconds } = asSwarmaError(error);
      if (reason !== 'agent_away' || signal.aborted) throw error;
      onAway();
      await pauseFor(retryAfterSeconds, signal);
    }
  }
}

function Step(props: StepProps) {
  const kind = kindOf(props.leaf.requirement);
  return kind.Step ? <kind.Step {...props} /> : <p class="hint">{t('ways.unavailable')}</p>;
}
