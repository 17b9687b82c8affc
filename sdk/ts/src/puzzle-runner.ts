// A proof of work that can be left and taken up again: workers search, the place reached is kept in the vault.
import { asSwarmaError, SwarmaError } from './errors.ts';
import { chanceByNow } from './puzzle.ts';
import type { PuzzleReply, PuzzleRequest } from './puzzle-worker.ts';
import type { TitleSession } from './title-session.ts';
import type { RequirementLeaf } from './wire.ts';

const kSaveEveryMs = 1500;

export interface PuzzleProgress {
  tried: number;
  expected: number;
  /** Chance that it would be done by now, 0 to 1: an honest bar, since luck has no percentage. */
  chance: number;
  perSecond: number;
}

/** Runs until solved and attested, or until `signal` aborts (reason "aborted"); a later run goes on from there. */
export async function runPuzzle(
  session: TitleSession,
  leaf: RequirementLeaf,
  makeWorker: () => Worker,
  onProgress: (progress: PuzzleProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  const { action, place: from = 0 } = await session.actions.open<number>(leaf);
  const { challenge } = action;
  if (!('seed' in challenge) || challenge.algorithm !== 'sha256')
    throw new SwarmaError('answer_bad', 'The node posed a puzzle of an unknown kind.');
  const task: PuzzleRequest = { seed: challenge.seed, difficulty: challenge.difficulty, from };
  let reached = from;
  let savedAt = performance.now();
  const save = () => session.actions.note(leaf, reached);
  const solution = await search(makeWorker(), task, signal, (tried, perSecond) => {
    reached = tried;
    if (performance.now() - savedAt > kSaveEveryMs) {
      savedAt = performance.now();
      void save();
    }
    onProgress({ tried, expected: 2 ** task.difficulty, chance: chanceByNow(task.difficulty, tried), perSecond });
  }).catch(async (error: unknown) => {
    await save();
    throw error;
  });
  await session.actions.complete(leaf, action.action_id, { solution: String(solution) });
}

function search(
  worker: Worker,
  task: PuzzleRequest,
  signal: AbortSignal,
  onTried: (tried: number, perSecond: number) => void,
): Promise<number> {
  const started = performance.now();
  return new Promise<number>((resolve, reject) => {
    const stop = () => reject(new SwarmaError('aborted', 'The puzzle was paused.'));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    worker.onerror = (event) => reject(asSwarmaError(event));
    worker.onmessage = ({ data }: MessageEvent<PuzzleReply>) => {
      onTried(data.tried, ((data.tried - task.from) * 1000) / Math.max(1, performance.now() - started));
      if (data.solution !== undefined) resolve(data.solution);
    };
    worker.postMessage(task);
  }).finally(() => worker.terminate());
}
