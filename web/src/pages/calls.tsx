import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { get } from "../core/api";
import { command, server } from "../core/cli";
import { clock, compact, count, dur, modelName, num, usd, words } from "../core/format";
import { connections, listen } from "../core/live";
import { since } from "../core/range";
import { asProblem, useResource } from "../core/resource";
import { go, href, route, set, type Query } from "../core/router";
import type { Call, Calls } from "../core/types";
import { Button } from "../ui/button";
import { Answer, Empty, PointHere } from "../ui/empty";
import { Chip, Choice, holds, Search } from "../ui/filter";
import { Head } from "../ui/head";
import { Status } from "../ui/status";
import { Table, type Column } from "../ui/table";
import { toast } from "../ui/toast";
import { Bar } from "../ui/waitbar";
import type { Page } from "./page";
import { Detail } from "./calls/detail";

export const callsPage: Page = { name: "calls", title: "Calls", key: "c", icon: "calls", view: () => <View /> };

const outcomes = ["ok", "refused", "throttled", "invalid", "denied", "upstream_error", "cancelled", "broken", "internal"];
const batch = 100;
const most = 200; // rows that are kept while new ones come

function asked(q: Query) {
  return { tenant: q["tenant"], run: q["run"], model: q["model"], outcome: q["outcome"] };
}

function View() {
  const q = route.value.query;
  const filter = asked(q);
  const key = JSON.stringify([filter, q["since"]]);
  const found = useResource(key, (signal) => get<Calls>("calls", { ...filter, since: since(q["since"] ?? ""), limit: batch }, signal), false);
  return (
    <>
      <Head title="Calls" note="As they end, newest first" command={command("call list", [], { ...filter, since: q["since"], ...server() })} />
      <Answer of={found} rows={12}>{(c) => <List key={key} first={c} />}</Answer>
    </>
  );
}

function List({ first }: { first: Calls }) {
  const { query: q, id } = route.value;
  const [older, setOlder] = useState(first.calls);
  const [next, setNext] = useState(first.next);
  const { fresh, news, held, paused, setPaused } = useTail(asked(q), first.calls);
  const all = useMemo(() => [...fresh, ...older], [fresh, older]);
  const rows = all.filter((c) => holds(q["q"] ?? "", c.id, c.model_id, c.tenant, c.run, c.outcome, c.class, c.error_message, c.client, c.reason));
  const cols = useMemo(() => columns(q), [q]);
  const more = async () => {
    try {
      const page = await get<Calls>("calls", { ...asked(q), since: since(q["since"] ?? ""), limit: batch, before: next });
      setOlder((o) => [...o, ...page.calls]);
      setNext(page.next);
    } catch (e) {
      toast("No more could be had", asProblem(e).message);
    }
  };
  const filtered = Object.values(asked(q)).some(Boolean) || !!q["q"] || !!q["since"];
  return (
    <>
      <div class="filters">
        <Search label="Filter what is shown" />
        <Choice name="outcome" label="Outcome" options={[["", "Every outcome"], ...outcomes.map((o) => [o, words(o)] as const)]} />
        <Choice name="since" label="Range" options={[["", "Any time"], ["15m", "Last 15 minutes"], ["1h", "Last hour"], ["24h", "Last 24 hours"], ["7d", "Last 7 days"]]} />
        <Chip name="tenant" label="tenant" />
        <Chip name="run" label="run" />
        <Chip name="model" label="model" />
        <span class="soft grow">{count(rows.length, "call")}</span>
        <Button icon={paused ? "play" : "pause"} pressed={paused} onClick={() => setPaused(!paused)}>
          {paused ? (held > 0 ? `Resume, ${num(held)} new` : "Resume") : "Pause"}
        </Button>
      </div>
      {rows.length > 0 ? (
        <Table label="Calls" rows={rows} columns={cols} id={(c) => c.id} to={(c) => href("calls", c.id, q)} open={id || undefined} by="-ended" mark={(c) => (news.has(c.id) ? "fresh" : "")} />
      ) : filtered ? (
        <Empty title="No call matches"><p><a href={href("calls")}>Show every call</a>, or wait: what matches appears here as it ends.</p></Empty>
      ) : (
        <Empty title="No call yet"><PointHere /></Empty>
      )}
      {next && <div class="more"><Button onClick={() => void more()}>Older calls</Button></div>}
      {id && <Detail id={id} onClose={() => go(href("calls", "", q))} />}
    </>
  );
}

/** useTail gathers the calls that end while we look; paused, it only counts them. */
function useTail(filter: ReturnType<typeof asked>, known: readonly Call[]) {
  const [fresh, setFresh] = useState<Call[]>([]);
  const [held, setHeld] = useState<Call[]>([]);
  const [news, setNews] = useState<ReadonlySet<string>>(new Set());
  const [skipped, setSkipped] = useState(0);
  const paused = route.value.query["pause"] === "1";
  const now = useRef(paused);
  now.current = paused;
  useEffect(() => {
    const ids = new Set(known.map((c) => c.id));
    let waiting: Call[] = [];
    let timer = 0;
    const flush = () => {
      timer = 0;
      const came = waiting.reverse();
      waiting = [];
      // A few are pointed out; of many, nobody could follow it.
      setNews(new Set(came.length <= 3 ? came.map((c) => c.id) : []));
      (now.current ? setHeld : setFresh)((have) => [...came, ...have].slice(0, most));
    };
    const take = (c: Call) => {
      if (ids.has(c.id) || (filter.tenant && c.tenant !== filter.tenant) || (filter.run && c.run !== filter.run) || (filter.outcome && c.outcome !== filter.outcome)) return;
      if (filter.model && c.model_id !== filter.model && c.pool.model !== filter.model) return;
      ids.add(c.id);
      waiting.push(c);
      if (!timer) timer = setTimeout(flush, 500); // bursts are one change of the page
    };
    const drop = listen("call", take);
    // What ended between two connections, or before the first, no event tells.
    const gap = new AbortController();
    const seen = connections.peek();
    const catchUp = connections.subscribe((n) => {
      if (n !== seen) get<Calls>("calls", { ...filter, since: since(route.value.query["since"] ?? ""), limit: batch }, gap.signal).then((r) => r.calls.reverse().forEach(take), () => {});
    });
    const note = listen("skipped", (s) => setSkipped((n) => n + s.calls));
    return () => {
      clearTimeout(timer);
      gap.abort();
      catchUp();
      drop();
      note();
    };
  }, []);
  const setPaused = (on: boolean) => {
    if (!on) {
      setFresh((f) => [...held, ...f].slice(0, most));
      setHeld([]);
    }
    set({ pause: on ? "1" : "" });
  };
  useEffect(() => {
    if (skipped > 0) toast(`${count(skipped, "call")} ended too fast to be listed one by one`, "Reload the page to see them.");
  }, [skipped > 0]);
  return { fresh, news, held: held.length, paused, setPaused };
}

// The ledger has when a call came.
function ended(c: Call): number {
  return Date.parse(c.time) + c.latency_ms;
}

const columns = (q: Query): Column<Call>[] => [
  { name: "ended", title: "Ended", cell: (c) => clock(ended(c)), sort: ended },
  { name: "outcome", title: "Outcome", cell: (c) => <Status name={c.outcome} tip={c.error_message || undefined} />, sort: (c) => c.outcome },
  { name: "model", title: "Model", grow: true, cell: (c) => <span data-tip={c.model_id}>{modelName(c.pool.model || c.model_id)} <span class="sub">{c.pool.path}</span></span>, sort: (c) => modelName(c.model_id) },
  { name: "tenant", title: "Tenant", from: 900, cell: (c) => <a class="sub" href={href("calls", "", { ...q, tenant: c.tenant })}>{c.tenant}</a>, sort: (c) => c.tenant },
  { name: "run", title: "Run", from: 1200, cell: (c) => c.run ? <a class="sub" href={href("runs", c.run, { tenant: c.tenant })}>{c.run}</a> : <span class="sub">–</span>, sort: (c) => c.run },
  { name: "class", title: "Class", from: 1400, cell: (c) => <span class="sub">{c.class}</span>, sort: (c) => c.class },
  { name: "tokens", title: "Tokens", right: true, from: 1200, tip: "Input, and output", cell: (c) => <>{compact(c.usage.input_tokens + c.usage.cache_read_tokens + c.usage.cache_write_tokens)} <span class="sub">+ {compact(c.usage.output_tokens)}</span></>, sort: (c) => c.usage.input_tokens + c.usage.output_tokens },
  { name: "queued", title: "Waited", right: true, cell: (c) => c.queued_ms >= 100 ? <span class="wait-text" data-tip={c.reason || undefined}>{dur(c.queued_ms)}</span> : <span class="sub">{dur(c.queued_ms)}</span>, sort: (c) => c.queued_ms },
  { name: "took", title: "Took", right: true, from: 640, cell: (c) => dur(c.latency_ms), sort: (c) => c.latency_ms },
  { name: "shape", title: "Wait and work", from: 1400, cell: (c) => <Bar queued={c.queued_ms} total={c.latency_ms} of={20_000} /> },
  { name: "cost", title: "Cost", right: true, from: 640, cell: (c) => usd(c.cost_usd), sort: (c) => c.cost_usd },
];
