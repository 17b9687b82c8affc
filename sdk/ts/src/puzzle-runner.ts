// A proof of work that can be left and taken up again: workers search, the place reached is kept in the vault.
import { asSwarmaError, SwarmaError } from './errors.ts';
import { chanceByNow } from './puzzle.ts';
import type { PuzzleReply, PuzzleRequest } from './puzzle-worker.ts';
import { type Vault, vaultKey } from './store.ts';
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

interface Saved {
  action: Action;
  tried: number;
}

/** Runs until solved and attested, or until `signal` aborts (reason "aborted"); a later run goes on from there. */
export async function runPuzzle(
  session: TitleSession,
  leaf: RequirementLeaf,
  environment: { vault: Vault; makeWorker: () => Worker; now: () => number },
  onProgress: (progress: PuzzleProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  const name = vaultKey<Saved>(`puzzle/${session.record.title_id}/${leaf.key ?? ''}`);
  const kept = await environment.vault.get(name);
  const usable = kept && kept.action.expires_at > environment.now() + 10;
  const saved: Saved = usable ? kept : { action: await session.startAction(leaf), tried: 0 };
  if (saved !== kept) await environment.vault.put(name, saved); // a page that is left at once comes back to this puzzle
  const { challenge } = saved.action;
  if (!('seed' in challenge) || challenge.algorithm !== 'sha256')
    throw new SwarmaError('answer_bad', 'The node posed a puzzle of an unknown kind.');
  const task: PuzzleRequest = { seed: challenge.seed, difficulty: challenge.difficulty, from: saved.tried };
  let savedAt = performance.now();
  const solution = await search(environment.makeWorker(), task, signal, (tried, perSecond) => {
    saved.tried = tried;
    if (performance.now() - savedAt > kSaveEveryMs) {
      savedAt = performance.now();
      void environment.vault.put(name, saved);
    }
    onProgress({ tried, expected: 2 ** task.difficulty, chance: chanceByNow(task.difficulty, tried), perSecond });
  }).catch(async (error: unknown) => {
    await environment.vault.put(name, saved);
    throw error;
  });
  await environment.vault.delete(name);
  await session.completeAction(leaf, saved.action.action_id, { solution: String(solution) });
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
