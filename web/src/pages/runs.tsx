import { useEffect, useMemo, useState } from "preact/hooks";
import { get } from "../core/api";
import { command, server } from "../core/cli";
import { ago, clock, compact, count, dur, num, usd, words } from "../core/format";
import { gatewayNow } from "../core/live";
import { since } from "../core/range";
import { asProblem, useResource } from "../core/resource";
import { href, route, type Query } from "../core/router";
import type { Run, Runs } from "../core/types";
import { Button, Code } from "../ui/button";
import { Answer, Empty } from "../ui/empty";
import { Chip, Choice, holds, Search } from "../ui/filter";
import { Head } from "../ui/head";
import { Status } from "../ui/status";
import { Table, type Column } from "../ui/table";
import { toast } from "../ui/toast";
import { Bar } from "../ui/waitbar";
import type { Page } from "./page";
import { OneRun } from "./runs/one";

export const runsPage: Page = { name: "runs", title: "Runs", key: "r", icon: "runs", view: () => (route.value.id ? <OneRun id={route.value.id} tenant={route.value.query["tenant"] ?? ""} /> : <View />) };

const batch = 100;

function asked(q: Query) {
  return { tenant: q["tenant"], model: q["model"], outcome: q["outcome"] };
}

function View() {
  const q = route.value.query;
  const filter = asked(q);
  const key = JSON.stringify([filter, q["since"]]);
  const found = useResource(key, (signal) => get<Runs>("runs", { ...filter, since: since(q["since"] ?? ""), limit: batch }, signal), false);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && found.reload(), 5000);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      <Head title="Runs" note="Calls that belong together; the one with the newest call first" command={command("run list", [], { ...filter, since: q["since"], ...server() })}>
        <Button icon="refresh" onClick={found.reload}>Refresh</Button>
      </Head>
      <Answer of={found} rows={12}>{(r) => <List key={key} first={r} />}</Answer>
    </>
  );
}

function List({ first }: { first: Runs }) {
  const q = route.value.query;
  const [older, setOlder] = useState<Runs | null>(null);
  const all = older ? [...first.runs, ...older.runs] : first.runs;
  const next = older ? older.next : first.next;
  const rows = all.filter((r) => holds(q["q"] ?? "", r.id, r.tenant, r.outcome));
  const longest = Math.max(1000, ...rows.map((r) => r.took_ms));
  const cols = useMemo(() => columns(longest), [longest]);
  const more = async () => {
    try {
      const page = await get<Runs>("runs", { ...asked(q), since: since(q["since"] ?? ""), limit: batch, before: next });
      setOlder({ runs: [...(older?.runs ?? []), ...page.runs], next: page.next });
    } catch (e) {
      toast("No more could be had", asProblem(e).message);
    }
  };
  return (
    <>
      <div class="filters">
        <Search label="Filter by run or tenant" />
        <Choice name="outcome" label="Outcome" options={[["", "Every outcome"], ["ok", "ok"], ["refused", "refused"], ["throttled", "throttled"], ["upstream_error", "upstream error"], ["cancelled", "cancelled"], ["broken", "broken"]]} />
        <Choice name="since" label="Range" options={[["", "Any time"], ["1h", "Last hour"], ["24h", "Last 24 hours"], ["7d", "Last 7 days"]]} />
        <Chip name="tenant" label="tenant" />
        <Chip name="model" label="model" />
        <span class="soft">{count(rows.length, "run")}</span>
      </div>
      {rows.length > 0 ? (
        <Table label="Runs" rows={rows} columns={cols} id={(r) => `${r.tenant}/${r.id}`} to={(r) => href("runs", r.id, { tenant: r.tenant })} />
      ) : all.length > 0 || q["since"] || q["outcome"] || q["tenant"] ? (
        <Empty title="No run matches"><p><a href={href("runs")}>Show every run</a>, or change the filter.</p></Empty>
      ) : (
        <Empty title="No run yet">
          <p>A run is a group of calls that is only useful when all of it is done, such as the steps of an agent. Name it in a header, and Headgate finishes what has begun before it begins what has not:</p>
          <Code text={"x-headgate-run: ticket-4711\nx-headgate-run-calls: 6"} />
          <p>Without the header the trace id of the call counts, where there is one.</p>
        </Empty>
      )}
      {next && <div class="more"><Button onClick={() => void more()}>Older runs</Button></div>}
    </>
  );
}

const columns = (longest: number): Column<Run>[] => [
  { name: "run", title: "Run", grow: true, cell: (r) => <>{r.id}{r.inferred && <span class="sub"> inferred</span>}</>, sort: (r) => r.id },
  { name: "outcome", title: "Outcome", cell: (r) => <Status name={r.outcome} />, sort: (r) => r.outcome },
  { name: "tenant", title: "Tenant", from: 640, cell: (r) => <span class="sub">{r.tenant}</span>, sort: (r) => r.tenant },
  { name: "calls", title: "Calls", right: true, cell: (r) => <>{num(r.calls)}{r.failed > 0 && <span class="warn-text" data-tip={`${count(r.failed, "call")} not ${words("ok")}`}> ({num(r.failed)})</span>}</>, sort: (r) => r.calls },
  { name: "began", title: "Began", from: 900, cell: (r) => <span class="sub" data-tip={ago(r.first, gatewayNow())}>{clock(r.first)}</span>, sort: (r) => Date.parse(r.first) },
  { name: "took", title: "Took", right: true, cell: (r) => dur(r.took_ms), sort: (r) => r.took_ms },
  { name: "waited", title: "Waited", right: true, from: 640, tip: "The waits of its calls together", cell: (r) => <span class={r.queued_ms >= 100 ? "wait-text" : "sub"}>{dur(r.queued_ms)}</span>, sort: (r) => r.queued_ms },
  { name: "shape", title: "Wait and work", from: 1200, cell: (r) => <Bar queued={Math.min(r.queued_ms, r.took_ms)} total={r.took_ms} of={longest} /> },
  { name: "tokens", title: "Tokens", right: true, from: 1200, cell: (r) => compact(r.usage.input_tokens + r.usage.output_tokens + r.usage.cache_read_tokens + r.usage.cache_write_tokens), sort: (r) => r.usage.input_tokens + r.usage.output_tokens },
  { name: "cost", title: "Cost", right: true, from: 640, cell: (r) => <span data-tip={r.unpriced_calls > 0 ? `${count(r.unpriced_calls, "call")} not priced` : undefined}>{usd(r.cost_usd)}{r.cost_usd !== null && r.unpriced_calls > 0 && "+"}</span>, sort: (r) => r.cost_usd },
];
