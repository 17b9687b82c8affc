// The steps of one way: each requirement with its control. Once enough of them are met, the film is unlocked at once.
import { isMet, isPathMet, listLeaves, type OfferPath, type TitleSession } from '@swarma/client';
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
  const busy = useRef(false);
  const leaves = listLeaves(path.requires).filter((leaf) => leaf.available !== false);

  const advance = useCallback(async () => {
    const proofs = await session.heldProofs();
    setHeld(proofs);
    if (!isPathMet(path, proofs) || busy.current) return;
    busy.current = true;
    setUnlocking(true);
    setError(undefined);
    try {
      await session.unlock(path, slot);
      announce(t('step.unlocked'));
      onUnlocked();
    } catch (problem) {
      setError(problem);
      setHeld(await session.heldProofs());
    } finally {
      busy.current = false;
      setUnlocking(false);
    }
  }, [session, path, slot]);

  useEffect(() => void advance(), []);

  return (
    <div class="steps">
      <ol>
        {leaves.map((leaf, i) => {
          const done = isMet(leaf, held);
          return (
            <li key={leaf.key} class="step" data-done={done} data-requirement={leaf.requirement}>
              <h3>
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
          <span class="spinner" aria-hidden="true" /> {t('step.unlocking')}
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

function Step(props: StepProps) {
  const kind = kindOf(props.leaf.requirement);
  return kind.Step ? <kind.Step {...props} /> : <p class="hint">{t('ways.unavailable')}</p>;
}
