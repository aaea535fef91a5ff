import { useState } from "preact/hooks";
import { get } from "../core/api";
import { command } from "../core/cli";
import { ago, count, full, num, sentence } from "../core/format";
import { gatewayNow } from "../core/live";
import { useResource } from "../core/resource";
import { go, href, route, set } from "../core/router";
import { may } from "../core/session";
import type { Quotas } from "../core/types";
import { Button } from "../ui/button";
import { Drawer } from "../ui/drawer";
import { Answer, Empty } from "../ui/empty";
import { Choice, holds, Search } from "../ui/filter";
import { Head } from "../ui/head";
import { Fields } from "../ui/stat";
import { Banner, Tag, type Tone } from "../ui/status";
import { Table, type Column } from "../ui/table";
import { Tabs } from "../ui/tabs";
import { Apply } from "./alarms/apply";
import type { Alarms, Found, Planned } from "./alarms/types";
import type { Page } from "./page";

export const alarmsPage: Page = { name: "alarms", title: "Alarms", key: "a", icon: "alarms", view: () => <View /> };

/** Row is an alarm that is planned, or there, or both. */
interface Row {
  name: string;
  plan: Planned | undefined;
  there: Found | undefined;
  todo: string; // create, update, leave or left-over; empty: not known
  differs: string[];
}

function View() {
  const [applying, setApplying] = useState(false);
  const a = useResource("alarms", (signal) => get<Alarms>("alarms", undefined, signal));
  const quotas = useResource("alarms-quotas", (signal) => get<Quotas>("quotas", undefined, signal));
  const known = quotas.data !== undefined || quotas.problem !== null; // which are in use
  const used = new Set((quotas.data?.quotas ?? []).filter((q) => q.used_share_peak !== null || (q.used_now ?? 0) > 0 || q.waiting > 0).map((q) => `${q.pool.region}/${q.pool.model}/${q.pool.path}`));
  const busy = (p: Planned) => !p.pool || [...used].some((u) => p.pool.endsWith(u));
  const all = a.data ? joined(a.data) : [];
  // Each alarm costs money: those of pools that nobody calls are not asked for unless one looks for them.
  const wide = route.value.query["show"] === "all" || used.size === 0;
  const rows = wide ? all : all.filter((r) => r.there || (r.plan && busy(r.plan)));
  const models = [...new Set(all.flatMap((r) => (r.plan && busy(r.plan) ? r.plan.models : [])))];
  const todo = rows.filter((r) => r.todo === "create" || r.todo === "update").length;
  return (
    <>
      <Head title="Alarms" note={a.data && `In CloudWatch${a.data.plan.account ? ` of account ${a.data.plan.account}` : ""} in ${a.data.plan.region}`} command={command("alarm list", [], { check: true })}>
        <Button icon="refresh" disabled={a.loading} onClick={a.reload}>{a.loading ? "Asking AWS…" : "Refresh"}</Button>
        {may("operate") && known && a.data && a.data.planned.length > 0 && <Button kind={todo ? "primary" : "plain"} onClick={() => setApplying(true)}>Apply…</Button>}
      </Head>
      <Answer of={known ? a : { ...a, data: undefined }}>{(d) => <All d={d} rows={rows} todo={todo} all={all.length} wide={wide} some={used.size > 0} />}</Answer>
      {applying && <Apply models={wide ? [] : models} onClose={() => setApplying(false)} onDone={a.reload} />}
    </>
  );
}

function joined(d: Alarms): Row[] {
  const names = [...new Set([...d.planned.map((p) => p.name), ...d.alarms.map((f) => f.name)])];
  return names.map((name) => {
    const change = d.plan.alarms.find((c) => c.name === name);
    return { name, plan: d.planned.find((p) => p.name === name), there: d.alarms.find((f) => f.name === name), todo: change?.do ?? "", differs: change?.differs ?? [] };
  });
}

function All({ d, rows, todo, all, wide, some }: { d: Alarms; rows: Row[]; todo: number; all: number; wide: boolean; some: boolean }) {
  const { query, id } = route.value;
  const ringing = rows.filter((r) => r.there?.state === "ALARM");
  const shown = rows.filter((r) => (!query["state"] || state(r)[1] === query["state"]) && holds(query["q"] ?? "", r.name, r.plan?.why, r.there?.reason, r.plan?.metric));
  const open = rows.find((r) => r.name === id);
  const states = [...new Set(rows.map((r) => state(r)[1]))];
  return (
    <>
      {ringing.length > 0 && <Banner tone="bad" title={`${count(ringing.length, "alarm")} ring${ringing.length === 1 ? "s" : ""}`}>{ringing[0]!.there?.reason}</Banner>}
      {ringing.length === 0 && todo > 0 && <Banner tone="info" title={`${count(todo, "alarm")} of the plan ${todo === 1 ? "is" : "are"} not in CloudWatch as planned`}>Apply makes them, after a preview. CloudWatch charges for each alarm, each month.</Banner>}
      {ringing.length === 0 && todo === 0 && d.planned.length > 0 && <Banner tone="ok" title="Every planned alarm is there, and none rings" />}
      {d.plan.missing.map((m) => <Banner key={m} tone="warn" title="Not all could be compared">{m}</Banner>)}
      {rows.length === 0 ? (
        <Empty title="No alarm is planned"><p>Alarms follow the quotas that are known. <code>headgate quota list</code> says which are, and <code>headgate doctor</code> what keeps AWS from being asked.</p></Empty>
      ) : (
        <>
          <div class="filters">
            {some && <Tabs label="Of which models" value={wide ? "all" : "used"} options={[["used", "Models in use"], ["all", `All ${num(all)}`]]} onChange={(v) => set({ show: v === "all" ? v : "" })} />}
            <Search label="Filter by name or reason" />
            <Choice name="state" label="State" options={[["", "Every state"], ...states.map((s) => [s, s] as const)]} />
            <span class="soft">{count(shown.length, "alarm")}</span>
          </div>
          {shown.length > 0
            ? <Table label="Alarms" rows={shown} columns={columns} id={(r) => r.name} to={(r) => href("alarms", r.name, query)} open={open?.name} by="state" />
            : <Empty title="No alarm matches"><p><a href={href("alarms")}>Show all {num(rows.length)}</a>, or change the filter.</p></Empty>}
        </>
      )}
      {d.notes.length > 0 && <details class="note"><summary>{count(d.notes.length, "note")} on the plan</summary><ul class="lines soft">{[...new Set(d.notes)].map((n) => <li key={n}>{sentence(n)}</li>)}</ul></details>}
      {open && <Detail r={open} onClose={() => go(href("alarms", "", query))} />}
    </>
  );
}

const order = ["in alarm", "no data", "differs", "missing", "left over", "ok", "not known"];

function state(r: Row): [Tone, string] {
  if (r.there?.state === "ALARM") return ["bad", "in alarm"];
  if (r.todo === "update") return ["warn", "differs"];
  if (r.todo === "left-over") return ["mute", "left over"];
  if (!r.there) return r.todo === "create" ? ["warn", "missing"] : ["mute", "not known"];
  return r.there.state === "OK" ? ["ok", "ok"] : ["mute", "no data"];
}

function State({ r }: { r: Row }) {
  const [tone, says] = state(r);
  return <Tag tone={tone} tip={r.there?.reason || undefined}>{says}</Tag>;
}

function above(p: Planned): string {
  return p.of ? `${num(p.threshold)} % of ${num(p.of)}` : num(p.threshold);
}

const columns: Column<Row>[] = [
  { name: "name", title: "Alarm", grow: true, sort: (r) => r.name, cell: (r) => <><span class="two">{r.name}</span><span class="two">{r.plan?.why ?? r.there?.why ?? ""}</span></> },
  { name: "state", title: "State", sort: (r) => order.indexOf(state(r)[1]), cell: (r) => <State r={r} /> },
  { name: "since", title: "Since", right: true, from: 900, sort: (r) => (r.there?.since ? Date.parse(r.there.since) : null), cell: (r) => r.there?.since ? <span data-tip={full(r.there.since)}>{ago(r.there.since, gatewayNow())}</span> : <span class="sub">–</span> },
  { name: "metric", title: "Metric", from: 1200, sort: (r) => r.plan?.metric ?? "", cell: (r) => <span class="sub">{r.plan ? `${r.plan.metric}, ${r.plan.statistic}` : "–"}</span> },
  { name: "above", title: "Above", right: true, from: 640, sort: (r) => r.plan?.threshold ?? null, cell: (r) => r.plan ? above(r.plan) : "–" },
  { name: "for", title: "For", right: true, from: 1200, cell: (r) => r.plan ? `${r.plan.evaluation_periods} × ${r.plan.period_seconds / 60} min` : "–" },
];

function Detail({ r, onClose }: { r: Row; onClose: () => void }) {
  return (
    <Drawer title={<span class="wrap">{r.name}</span>} sub={<State r={r} />} onClose={onClose}>
      {r.todo === "create" && <p>It is planned, and not in CloudWatch.</p>}
      {r.todo === "update" && <p>It is in CloudWatch otherwise than planned: {r.differs.join(", ")}.</p>}
      {r.todo === "left-over" && <p>It is one of Headgate's, and not planned any more. <code>headgate alarm apply --prune</code> deletes it.</p>}
      <Fields rows={[
        ["Why", r.plan?.why ?? r.there?.why],
        ["CloudWatch says", r.there?.reason],
        ["Since", r.there?.since && full(r.there.since)],
        ["Metric", r.plan && `${r.plan.metric}, ${r.plan.statistic}`],
        ["Rings above", r.plan && `${above(r.plan)}, ${count(r.plan.evaluation_periods, "time")} of ${num(r.plan.period_seconds)} s`],
        ["Models", r.plan?.models.length ? r.plan.models.join(", ") : r.plan && "all of the account"],
        ["Pool", r.plan?.pool && <code>{r.plan.pool}</code>],
        ["Tells", r.there ? r.there.tells.join(", ") || "nobody: give a topic when it is applied" : r.plan?.topic],
        ["Muted", r.there?.muted ? "yes: its actions are switched off" : ""],
        ["ARN", r.there?.arn && <code>{r.there.arn}</code>],
      ]} />
    </Drawer>
  );
}
