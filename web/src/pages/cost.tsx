import { useMemo } from "preact/hooks";
import { get } from "../core/api";
import { command, server } from "../core/cli";
import { compact, count, full, modelName, nano, num, pct } from "../core/format";
import { length } from "../core/range";
import { useResource } from "../core/resource";
import { href, route, set } from "../core/router";
import type { CostReport, CostRow } from "../core/types";
import { Answer, Empty, PointHere } from "../ui/empty";
import { Chip, holds, Search } from "../ui/filter";
import { Head } from "../ui/head";
import { Card, Stat } from "../ui/stat";
import { Banner } from "../ui/status";
import { Table, type Column } from "../ui/table";
import { Tabs } from "../ui/tabs";
import type { Page } from "./page";
import { Spend } from "./cost/spend";

export const costPage: Page = { name: "cost", title: "Cost", key: "m", icon: "cost", view: () => <View /> };

type By = "day" | "model" | "tenant" | "run";
const kinds: readonly (readonly [By, string])[] = [["day", "By day"], ["model", "By model"], ["tenant", "By tenant"], ["run", "By run"]];
const ranges = [["24h", "24 hours"], ["7d", "7 days"], ["30d", "30 days"], ["90d", "90 days"]] as const;
type Range = (typeof ranges)[number][0];

// Days begin at midnight here, as those of the command do.
function begin(range: string): string {
  const at = new Date(Date.now() - length(range));
  if (range.endsWith("d")) at.setHours(0, 0, 0, 0);
  return at.toISOString();
}

function View() {
  const q = route.value.query;
  const by: By = kinds.find(([k]) => k === q["by"])?.[0] ?? "day";
  const range: Range = ranges.find(([r]) => r === q["since"])?.[0] ?? "7d";
  const filter = { tenant: q["tenant"], model: q["model"] };
  const found = useResource(JSON.stringify([by, range, filter]), (signal) =>
    get<CostReport>("costs", { by, since: begin(range), ...filter, limit: 200, zone: Intl.DateTimeFormat().resolvedOptions().timeZone }, signal));
  return (
    <>
      <Head title="Cost" note="What calls cost, at the prices of the day that they were made" command={command("cost report", [], { by, since: range, ...filter, ...server() })} />
      <div class="filters">
        <Tabs label="Range" value={range} options={ranges} onChange={(v) => set({ since: v === "7d" ? "" : v })} />
        <Tabs label="Sum" value={by} options={kinds} onChange={(v) => set({ by: v === "day" ? "" : v, sort: "" })} />
        <Chip name="tenant" label="tenant" />
        <Chip name="model" label="model" />
      </div>
      <Answer of={found}>{(r) => r.total.calls === 0
        ? <Empty title="No call in this time"><PointHere /></Empty>
        : <Report r={r} by={by} since={begin(range)} hours={range === "24h"} />}</Answer>
    </>
  );
}

function Report({ r, by, since, hours }: { r: CostReport; by: By; since: string; hours: boolean }) {
  const q = route.value.query;
  const t = r.total;
  const input = t.usage.input_tokens + t.usage.cache_read_tokens + t.usage.cache_write_tokens;
  const known = t.calls - t.unpriced_calls;
  const cols = useMemo(() => columns(by, t), [by, t]);
  const rows = r.rows.filter((x) => holds(q["q"] ?? "", x.day, x.model, x.tenant, x.run));
  return (
    <>
      {r.warnings.map((w) => <Banner key={w} tone="info" title={w} />)}
      <dl class="stats">
        <Stat name="Spend" value={`${nano(t.usd_nano)}${t.complete || t.usd_nano === null ? "" : "+"}`} tip={r.since ? `Since ${full(r.since)}` : ""}>{t.unpriced_calls > 0 ? `${count(t.unpriced_calls, "call")} not priced` : "every call priced"}</Stat>
        <Stat name="Calls" value={num(t.calls)}>{num(t.free_calls)} of them free</Stat>
        <Stat name="A call" value={t.usd_nano === null || known <= 0 ? "–" : nano(t.usd_nano / known)}>on average</Stat>
        <Stat name="Input" value={compact(input)} unit="tokens">{pct(input > 0 ? t.usage.cache_read_tokens / input : null)} from the prompt cache</Stat>
        <Stat name="Output" value={compact(t.usage.output_tokens)} unit="tokens">{compact(t.calls > 0 ? Math.round(t.usage.output_tokens / t.calls) : null)} a call</Stat>
      </dl>
      <Card title="Spend over time" note={by === "model" || by === "tenant" ? `by ${by}` : undefined} flush>
        <Spend by={by === "model" || by === "tenant" ? by : "none"} since={since} step={hours ? "hour" : "day"} {...(q["tenant"] && { tenant: q["tenant"] })} {...(q["model"] && { model: q["model"] })} />
      </Card>
      {by !== "day" && <div class="filters"><Search label={`Filter by ${by}`} /><span class="soft">{count(rows.length, by)}{r.more_rows > 0 && `, and ${num(r.more_rows)} that cost less`}</span></div>}
      {rows.length > 0 && <Table label={`Cost by ${by}`} rows={rows} columns={cols} id={name} />}
      {r.notes.map((n) => <p key={n} class="soft note">{n}</p>)}
      {by === "day" && <p class="soft note">Days are those of {r.zone}.</p>}
    </>
  );
}

function name(x: CostRow): string {
  return x.day || x.model || x.tenant || x.run || "–";
}

function Name({ x, by }: { x: CostRow; by: By }) {
  const q = route.value.query;
  switch (by) {
    case "model":
      return <a href={href("cost", "", { ...q, by: "tenant", model: x.model })} data-tip={x.model}>{modelName(x.model)}</a>;
    case "tenant":
      return <a href={href("cost", "", { ...q, by: "run", tenant: x.tenant })}>{x.tenant || "–"}</a>;
    case "run":
      return x.run ? <a href={href("runs", x.run, { tenant: x.tenant })}>{x.run}</a> : <>calls without a run</>;
  }
  return <>{x.day}</>;
}

const columns = (by: By, total: CostRow): Column<CostRow>[] => [
  { name: "name", title: { day: "Day", model: "Model", tenant: "Tenant", run: "Run" }[by], grow: true, cell: (x) => <Name x={x} by={by} />, sort: name },
  { name: "share", title: "Share", from: 640, cell: (x) => <Share part={x.usd_nano} of={total.usd_nano} /> },
  { name: "spend", title: "Spend", right: true, cell: (x) => <strong data-tip={x.unpriced_calls > 0 ? `${count(x.unpriced_calls, "call")} not priced` : undefined}>{nano(x.usd_nano)}{x.usd_nano !== null && !x.complete && "+"}</strong>, sort: (x) => x.usd_nano },
  { name: "calls", title: "Calls", right: true, cell: (x) => num(x.calls), sort: (x) => x.calls },
  { name: "each", title: "A call", right: true, from: 900, cell: (x) => nano(each(x)), sort: each },
  { name: "input", title: "Input", right: true, from: 640, tip: "Tokens, with those of the prompt cache", cell: (x) => compact(x.usage.input_tokens + x.usage.cache_read_tokens + x.usage.cache_write_tokens), sort: (x) => x.usage.input_tokens },
  { name: "output", title: "Output", right: true, from: 640, tip: "Tokens", cell: (x) => compact(x.usage.output_tokens), sort: (x) => x.usage.output_tokens },
];

function each(x: CostRow): number | null {
  const priced = x.calls - x.unpriced_calls;
  return x.usd_nano === null || priced <= 0 ? null : x.usd_nano / priced;
}

function Share({ part, of }: { part: number | null; of: number | null }) {
  if (!part || !of) return <span class="sub">–</span>;
  return <span class="used"><span class="meter plain"><span class="fill" style={{ transform: `scaleX(${part / of})` }} /></span><span>{pct(part / of)}</span></span>;
}
