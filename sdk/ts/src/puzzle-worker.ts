// Searches batch by batch and reports after each, so that the page can show progress and remember where it was.
import { PuzzleHasher, type PuzzleTask, searchSolution } from './puzzle.ts';

export interface PuzzleRequest extends PuzzleTask {
  from: number;
}
export interface PuzzleReply {
  tried: number; // all numbers below this have been tried
  solution?: number;
}

const scope = self as unknown as DedicatedWorkerGlobalScope;
const kBatch = 1 << 15;

scope.onmessage = (event: MessageEvent<PuzzleRequest>) => {
  const hasher = new PuzzleHasher(event.data.seed);
  for (let from = event.data.from; ; from += kBatch) {
    const solution = searchSolution(event.data, from, from + kBatch, hasher);
    const reply: PuzzleReply = solution === undefined ? { tried: from + kBatch } : { tried: solution + 1, solution };
    scope.postMessage(reply);
    if (solution !== undefined) return;
  }
};
