// Waiting and trying again.
import { asSwarmaError, SwarmaError } from './errors.ts';

/** Waits so many seconds, or rejects with `aborted` as soon as `signal` does. */
export type Pause = (seconds: number, signal?: AbortSignal) => Promise<void>;

export const pauseFor: Pause = (seconds, signal) =>
  new Promise((resolve, reject) => {
    const giveUp = () => {
      clearTimeout(timer);
      reject(new SwarmaError('aborted', 'The request was given up.'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', giveUp);
      resolve();
    }, seconds * 1000);
    if (signal?.aborted) giveUp();
    else signal?.addEventListener('abort', giveUp, { once: true });
  });

/** Whether trying again can help without the viewer doing anything. */
export function isTransient(error: SwarmaError): boolean {
  return error.reason === 'unreachable' || error.status === 429 || error.status >= 500;
}

/** Seconds to pause after so many failures: `first`, then twice as long each time, at most `longest`. */
export function backoff(failures: number, first: number, longest: number): number {
  return Math.min(longest, first * 2 ** Math.min(failures, 16));
}

interface Stubborn {
  signal: AbortSignal;
  onTrouble(error: SwarmaError): void;
  /** Called when it works again after trouble. */
  onWell(): void;
}

/** Repeats `work` for as long as it fails for a transient reason, with pauses of up to five seconds. */
export async function stubbornly<T>(work: () => Promise<T>, { signal, onTrouble, onWell }: Stubborn): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      const result = await work();
      if (failures > 0) onWell();
      return result;
    } catch (error) {
      const problem = asSwarmaError(error);
      if (signal.aborted || !isTransient(problem)) throw problem;
      onTrouble(problem);
      await pauseFor(backoff(failures, 0.25, 5), signal);
    }
  }
}
