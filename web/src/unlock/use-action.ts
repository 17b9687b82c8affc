// An action of a step: taken up again when the page was left, begun when the viewer asks for it, and waited for.
import { asSwarmaError, type OpenAction, type SwarmaError } from '@swarma/client';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { StepProps } from './step-props.ts';

export interface UsedAction<Challenge, Place> {
  /** Undefined until it is begun. */
  challenge: Challenge | undefined;
  expiresAt: number;
  place: Place | undefined;
  busy: boolean;
  error: unknown;
  /** Why the node has not decided yet, while it is asked again and again. */
  waiting: SwarmaError | undefined;
  begin(): Promise<void>;
  /** Notes how far the viewer has come, also for a page that is opened later. */
  note(place: Place): Promise<void>;
  /** Sends a message before the answer; its error is shown. */
  tell(message: Record<string, unknown>): Promise<Record<string, unknown> | undefined>;
  /** The same beside what the viewer does: its error is the caller's. */
  send(message: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** Looks again at what is kept. */
  refresh(): Promise<void>;
  complete(response: Record<string, unknown>): Promise<void>;
  /** Answers again and again until it is decided; `stop` gives up. */
  completeInTime(response: Record<string, unknown>): Promise<void>;
  /** The same beside what the viewer does: the step is not busy meanwhile. A later call takes its place. */
  watch(response: Record<string, unknown>): void;
  stop(): void;
  /** Forgets the action, so that the next one is new. */
  startOver(): Promise<void>;
  /** Runs something of the step's own, with its error shown. */
  attempt(work: () => Promise<void>): Promise<void>;
}

export function useAction<Challenge, Place = never>({
  session,
  leaf,
  onDone,
}: StepProps): UsedAction<Challenge, Place> {
  const [open, setOpen] = useState<OpenAction<Place>>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [waiting, setWaiting] = useState<SwarmaError>();
  const abort = useRef<AbortController>(undefined);
  const { actions } = session;

  useEffect(() => {
    void actions.find<Place>(leaf).then(setOpen, setError);
    return () => abort.current?.abort();
  }, [leaf.key]);

  const attempt = useCallback(
    async (work: () => Promise<void>) => {
      setBusy(true);
      setError(undefined);
      try {
        await work();
      } catch (problem) {
        if (asSwarmaError(problem).reason === 'aborted') return;
        setError(problem);
        setOpen(await actions.find<Place>(leaf)); // a refusal may have ended it
      } finally {
        setBusy(false);
        setWaiting(undefined);
      }
    },
    [leaf.key],
  );
  const idOf = async () => {
    const found = await actions.open<Place>(leaf);
    setOpen(found);
    return found.action.action_id;
  };
  return {
    challenge: open?.action.challenge as Challenge | undefined,
    expiresAt: open?.action.expires_at ?? 0,
    place: open?.place,
    busy,
    error,
    waiting,
    attempt,
    begin: () => attempt(async () => void (await idOf())),
    note: async (place) => {
      await actions.note(leaf, place);
      setOpen(await actions.find<Place>(leaf));
    },
    tell: async (message) => {
      let reply: Record<string, unknown> | undefined;
      await attempt(async () => void (reply = await actions.tell(leaf, await idOf(), message)));
      return reply;
    },
    send: async (message) => actions.tell(leaf, await idOf(), message),
    refresh: async () => setOpen(await actions.find<Place>(leaf)),
    complete: (response) =>
      attempt(async () => {
        await actions.complete(leaf, await idOf(), response);
        await onDone();
      }),
    completeInTime: (response) =>
      attempt(async () => {
        abort.current?.abort();
        const { signal } = (abort.current = new AbortController());
        await actions.completeInTime(leaf, await idOf(), response, { signal, onWaiting: setWaiting });
        await onDone();
      }),
    watch: (response) => {
      abort.current?.abort();
      const controller = (abort.current = new AbortController());
      const { signal } = controller;
      const found = actions.find<Place>(leaf).then(async (kept) => {
        if (!kept) return;
        await actions.completeInTime(leaf, kept.action.action_id, response, { signal, onWaiting: setWaiting });
        await onDone();
      });
      found.catch(async (problem: unknown) => {
        if (signal.aborted) return;
        setError(problem);
        setOpen(await actions.find<Place>(leaf));
      });
    },
    stop: () => abort.current?.abort(),
    startOver: async () => {
      abort.current?.abort();
      await actions.drop(leaf);
      setOpen(undefined);
      setError(undefined);
    },
  };
}
