import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "./api";

export interface Resource<T> {
  /** data is the last answer; it stays while the next is awaited. Undefined before the first. */
  data: T | undefined;
  /** problem is why the last question had no answer; null when it had one. */
  problem: Problem | null;
  loading: boolean;
  reload: () => void;
}

/**
 * useResource asks whenever key changes, and breaks off a question that has become
 * void. An answer to a former key is not shown for a new one unless keep is set.
 */
export function useResource<T>(key: string, ask: (signal: AbortSignal) => Promise<T>, keep = true): Resource<T> {
  const [state, setState] = useState<{ key: string; data: T | undefined; problem: Problem | null; loading: boolean }>({
    key, data: undefined, problem: null, loading: true,
  });
  const [round, setRound] = useState(0);
  const latest = useRef(ask);
  latest.current = ask;
  useEffect(() => {
    const abort = new AbortController();
    setState((s) => ({ ...s, loading: true }));
    latest.current(abort.signal).then(
      (data) => {
        if (!abort.signal.aborted) setState({ key, data, problem: null, loading: false });
      },
      (e: unknown) => {
        if (abort.signal.aborted) return;
        setState((s) => ({ key, data: s.key === key || keep ? s.data : undefined, problem: asProblem(e), loading: false }));
      },
    );
    return () => abort.abort();
  }, [key, round]);
  const reload = useCallback(() => setRound((n) => n + 1), []);
  const void_ = state.key !== key && !keep;
  return { data: void_ ? undefined : state.data, problem: void_ ? null : state.problem, loading: state.loading || state.key !== key, reload };
}

/** asProblem is an error of any kind as one that can be shown. */
export function asProblem(e: unknown): Problem {
  return e instanceof Problem ? e : new Problem(0, "Mistake of this page", e instanceof Error ? e.message : String(e));
}
