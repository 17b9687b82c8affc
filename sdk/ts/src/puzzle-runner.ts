// A proof of work that can be left and taken up again: workers search, the place reached is kept in the vault.
import type { Argon2Request } from './argon2-worker.ts';
import { SwarmaError } from './errors.ts';
import { chanceByNow } from './puzzle.ts';
import type { PuzzleReply, PuzzleRequest } from './puzzle-worker.ts';
import type { TitleSession } from './title-session.ts';
import type { Action, RequirementLeaf } from './wire.ts';

const kSaveEveryMs = 1500;

export interface PuzzleProgress {
  tried: number;
  expected: number;
  /** Chance that it would be done by now, 0 to 1: an honest bar, since luck has no percentage. */
  chance: number;
  perSecond: number;
}

/** The page makes the workers, because only its bundler knows their addresses. */
export interface PuzzleWorkers {
  puzzle: () => Worker;
  argon2: () => Worker;
}

/** Runs until solved and attested, or until `signal` aborts (reason "aborted"); a later run goes on from there. */
export async function runPuzzle(
  session: TitleSession,
  leaf: RequirementLeaf,
  workers: PuzzleWorkers,
  onProgress: (progress: PuzzleProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  const { action, place: from = 0 } = await session.actions.open<number>(leaf);
  const task = taskOf(action, from);
  let reached = from;
  let savedAt = performance.now();
  const save = () => session.actions.note(leaf, reached);
  const solution = await search(
    'memoryKib' in task ? workers.argon2() : workers.puzzle(),
    task,
    signal,
    (tried, perSecond) => {
      reached = tried;
      if (performance.now() - savedAt > kSaveEveryMs) {
        savedAt = performance.now();
        void save();
      }
      onProgress({ tried, expected: 2 ** task.difficulty, chance: chanceByNow(task.difficulty, tried), perSecond });
    },
  ).catch(async (error: unknown) => {
    await save();
    throw error;
  });
  await session.actions.complete(leaf, action.action_id, { solution: String(solution) });
}

type Task = PuzzleRequest | Argon2Request;

function taskOf({ challenge }: Action, from: number): Task {
  if ('seed' in challenge && challenge.algorithm === 'sha256')
    return { seed: challenge.seed, difficulty: challenge.difficulty, from };
  if ('seed' in challenge && challenge.algorithm === 'argon2id') {
    const { seed, difficulty, memory_kib: memoryKib, passes } = challenge;
    return { seed, difficulty, memoryKib, passes, from };
  }
  throw new SwarmaError('answer_bad', 'The node posed a puzzle of an unknown kind.');
}

function search(
  worker: Worker,
  task: Task,
  signal: AbortSignal,
  onTried: (tried: number, perSecond: number) => void,
): Promise<number> {
  const started = performance.now();
  return new Promise<number>((resolve, reject) => {
    const stop = () => reject(new SwarmaError('aborted', 'The puzzle was paused.'));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    worker.onerror = (event) => reject(new SwarmaError('internal', event.message));
    worker.onmessage = ({ data }: MessageEvent<PuzzleReply>) => {
      onTried(data.tried, ((data.tried - task.from) * 1000) / Math.max(1, performance.now() - started));
      if (data.solution !== undefined) resolve(data.solution);
    };
    worker.postMessage(task);
  }).finally(() => worker.terminate());
}
