// A proof of work: starts on a click, shows how likely it is to be done by now, and can be paused and resumed.
import { asSwarmaError, type PuzzleProgress, type RequirementLeaf } from '@swarma/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { client } from '../../frame/client.ts';
import { InlineFailure } from '../../frame/failure.tsx';
import { formatNumber, formatSpan, t } from '../../frame/i18n.ts';
import type { StepProps } from '../step-props.ts';
import { HumanStep } from './human-question.tsx';
import { param, type RequirementKind } from './requirement.ts';

/** What an ordinary device does: tells beforehand whether the puzzle takes seconds or minutes. */
const kUsualHashRate = 400_000; // SHA-256 a second
const kUsualArgonKibRate = 600_000; // KiB that Argon2id fills in a second

export const puzzleSolve: RequirementKind = {
  values: (leaf) => ({ time: t('time.about', { time: formatSpan(usualSeconds(leaf)) }) }),
  variant: (leaf) => (isHuman(leaf) ? 'human' : ''),
  costs: (leaf) => (isHuman(leaf) ? undefined : t('requirement.puzzle_solve.cost')),
  Step: (props) => (isHuman(props.leaf) ? <HumanStep {...props} /> : <PuzzleStep {...props} />),
};

const isHuman = (leaf: RequirementLeaf): boolean => param(leaf, 'algorithm') === 'human';

function usualSeconds(leaf: RequirementLeaf): number {
  const tries = 2 ** Number(param(leaf, 'difficulty'));
  if (param(leaf, 'algorithm') !== 'argon2id') return tries / kUsualHashRate;
  return (tries * Number(param(leaf, 'memory_kib')) * Number(param(leaf, 'passes'))) / kUsualArgonKibRate;
}

function PuzzleStep({ session, leaf, onDone }: StepProps) {
  const [progress, setProgress] = useState<PuzzleProgress | undefined>();
  const [error, setError] = useState<unknown>();
  const [running, setRunning] = useState<AbortController | undefined>();
  const abort = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => abort.current?.abort(), []);

  const start = async () => {
    const controller = new AbortController();
    abort.current = controller;
    setRunning(controller);
    setError(undefined);
    try {
      await client.solvePuzzle(session, leaf, setProgress, controller.signal);
      await onDone();
    } catch (problem) {
      if (asSwarmaError(problem).reason !== 'aborted') setError(problem);
    } finally {
      setRunning(undefined);
    }
  };

  const rounded = (n: number) => formatNumber(n, { notation: 'compact', maximumFractionDigits: 1 });
  return (
    <div class="step-body">
      <p class="hint">{t('requirement.puzzle_solve.step.text')}</p>
      {progress && (
        <>
          <progress max={1} value={progress.chance} aria-label={t('requirement.puzzle_solve.step.bar')} />
          <p class="hint">
            {t('requirement.puzzle_solve.step.progress', {
              tried: rounded(progress.tried),
              expected: rounded(progress.expected),
            })}
          </p>
        </>
      )}
      {running ? (
        <button type="button" class="button" onClick={() => running.abort()}>
          {t('requirement.puzzle_solve.step.pause')}
        </button>
      ) : (
        <button type="button" class="button button-main" onClick={() => void start()}>
          {t(progress ? 'requirement.puzzle_solve.step.resume' : 'requirement.puzzle_solve.step.start')}
        </button>
      )}
      {progress && <p class="hint">{t('requirement.puzzle_solve.step.luck')}</p>}
      {error !== undefined && <InlineFailure error={error} />}
    </div>
  );
}
