// Tries one number after the other and reports each, so that the page can show progress and remember where it was.
import { type Argon2Task, argon2Zeros } from './argon2-puzzle.ts';
import type { PuzzleReply } from './puzzle-worker.ts';

export interface Argon2Request extends Argon2Task {
  from: number;
}

const scope = self as unknown as DedicatedWorkerGlobalScope;

scope.onmessage = (event: MessageEvent<Argon2Request>) => {
  void search(event.data).catch((error: unknown) => {
    setTimeout(() => {
      throw error; // reaches the page as an error of the worker
    });
  });
};

async function search(task: Argon2Request): Promise<void> {
  for (let n = task.from; ; n++) {
    const isSolved = (await argon2Zeros(task, n)) >= task.difficulty;
    const reply: PuzzleReply = isSolved ? { tried: n + 1, solution: n } : { tried: n + 1 };
    scope.postMessage(reply);
    if (isSolved) return;
  }
}
