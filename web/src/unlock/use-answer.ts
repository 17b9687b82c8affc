import { useState } from 'preact/hooks';
import type { StepProps } from './step-props.ts';

/** For requirements that one answer meets: starts the action, sends the answer and reports that it is done. */
export function useAnswer({ session, leaf, onDone }: StepProps) {
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const give = async (answer: Record<string, unknown>) => {
    setBusy(true);
    setError(undefined);
    try {
      const { action } = await session.actions.open(leaf);
      await session.actions.complete(leaf, action.action_id, answer);
      await onDone();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return { give, busy, error };
}
