import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, Problem, refusal } from "../../core/api";
import { asProblem, type Resource } from "../../core/resource";
import { events } from "../../core/sse";
import { ended, type SchemaJob, type SchemaStep } from "./types";

const pause = 1500; // before a stream that broke is asked for again, ms

/**
 * useSchema is a schema with its report; while it is being made, as it is now. The
 * report comes when it is done, and the stream is taken up again when it breaks.
 */
export function useSchema(id: string): Resource<SchemaJob> & { broken: boolean } {
  const [data, setData] = useState<SchemaJob>();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [broken, setBroken] = useState(false);
  const [round, setRound] = useState(0);
  const timer = useRef(0);
  useEffect(() => {
    const abort = new AbortController();
    const again = () => {
      timer.current = setTimeout(() => setRound((n) => n + 1), pause);
    };
    const run = async () => {
      const now = await get<SchemaJob>(path(id), undefined, abort.signal);
      setData(now);
      setProblem(null);
      setBroken(false);
      if (ended(now)) return;
      await follow(id, abort.signal, (change) => setData((old) => old && change(old)));
      setRound((n) => n + 1); // for the report
    };
    run().catch((e: unknown) => {
      if (abort.signal.aborted) return;
      const p = asProblem(e);
      // A gateway that is away may come back; what is not there will not.
      if (p.status === 0 && p.title !== "Mistake of this page") {
        setBroken(true);
        again();
      } else {
        setProblem(p);
      }
    });
    return () => {
      abort.abort();
      clearTimeout(timer.current);
    };
  }, [id, round]);
  const reload = useCallback(() => setRound((n) => n + 1), []);
  return { data, problem, broken, loading: !data && !problem, reload };
}

function path(id: string): string {
  return `schemas/${encodeURIComponent(id)}`;
}

type Change = (s: SchemaJob) => SchemaJob;

async function follow(id: string, signal: AbortSignal, take: (c: Change) => void): Promise<void> {
  const at = `${path(id)}/live`;
  let r: Response;
  try {
    r = await fetch(`/api/v1/${at}`, { headers: { Accept: "text/event-stream" }, credentials: "same-origin", cache: "no-store", signal });
  } catch (e) {
    if (signal.aborted) throw e;
    throw new Problem(0, "No answer", "");
  }
  if (!r.ok || !r.body) throw await refusal(r, at);
  let over = false;
  try {
    for await (const e of events(r.body)) {
      if (e.event === "step") {
        const step = JSON.parse(e.data) as SchemaStep;
        take((s) => ({ ...s, steps: [...s.steps.filter((x) => x.number !== step.number), step] }));
      } else if (e.event === "schema") {
        const now = JSON.parse(e.data) as SchemaJob;
        over = ended(now);
        take((s) => ({ ...s, ...now }));
      }
    }
  } catch (e) {
    if (signal.aborted) throw e;
  }
  if (!over) throw new Problem(0, "The stream broke off", "");
}
