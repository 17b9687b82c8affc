// The proof of work: begins on a click, shows how likely it is to be done, can be left and taken up again.
import { asSwarmaError, type PuzzleProgress } from '@swarma/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { InlineFailure } from '../frame/failure.tsx';
import { formatNumber, t } from '../frame/i18n.ts';
import type { StepProps } from './step-props.ts';

interface PuzzleStepProps extends StepProps {
  solve(onProgress: (progress: PuzzleProgress) => void, signal: AbortSignal): Promise<void>;
}

export function PuzzleStep({ solve, onDone }: PuzzleStepProps) {
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
      await solve(setProgress, controller.signal);
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
      <p class="hint">{t('step.puzzle.text')}</p>
      {progress && (
        <>
          <progress max={1} value={progress.chance} aria-label={t('step.puzzle.bar')} />
          <p class="hint">{t('step.puzzle.progress', { tried: rounded(progress.tried), expected: rounded(progress.expected) })}</p>
        </>
      )}
      {running ? (
        <button type="button" class="button" onClick={() => running.abort()}>
          {t('step.puzzle.pause')}
        </button>
      ) : (
        <button type="button" class="button button-main" onClick={() => void start()}>
          {t(progress ? 'step.puzzle.resume' : 'step.puzzle.start')}
        </button>
      )}
      {progress && <p class="hint">{t('step.puzzle.luck')}</p>}
      {error !== undefined && <InlineFailure error={error} />}
    </div>
  );
}
