// A value that is loaded: loading, then loaded or failed, and loaded again on demand.
import { useCallback, useEffect, useState } from 'preact/hooks';

interface Async<T> {
  value?: T;
  error?: unknown;
  loading: boolean;
  retry(): void;
}

export function useAsync<T>(load: (signal: AbortSignal) => Promise<T>, inputs: readonly unknown[]): Async<T> {
  const [state, setState] = useState<{ value?: T; error?: unknown; loading: boolean }>({ loading: true });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    setState((before) => ({ ...(before.value !== undefined && { value: before.value }), loading: true }));
    load(abort.signal).then(
      (value) => !abort.signal.aborted && setState({ value, loading: false }),
      (error: unknown) => !abort.signal.aborted && setState({ error, loading: false }),
    );
    return () => abort.abort();
  }, [...inputs, attempt]);
  const retry = useCallback(() => setAttempt((n) => n + 1), []);
  return { ...state, retry };
}
