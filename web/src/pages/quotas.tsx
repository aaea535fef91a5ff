import { useEffect, useState } from "preact/hooks";
import { get, post } from "../core/api";
import { command, server } from "../core/cli";
import { ago, clock, compact, count, full, limitName, limitUnit, modelName, num, pct } from "../core/format";
import { gatewayNow, listen } from "../core/live";
import { asProblem, useResource } from "../core/resource";
import { go, href, route, set } from "../core/router";
import { may } from "../core/session";
import type { Quota, Quotas } from "../core/types";
import { Button } from "../ui/button";
import { Answer, Empty } from "../ui/empty";
import { Choice, holds, Search } from "../ui/filter";
import { Head } from "../ui/head";
import { Meter } from "../ui/meter";
import { PoolName, poolText } from "../ui/pool";
import { Status } from "../ui/status";
import { Table, type Column } from "../ui/table";
import { Tabs } from "../ui/tabs";
import { toast } from "../ui/toast";
import type { Page } from "./page";
import { Detail } from "./quotas/detail";

export const quotasPage: Page = { name: "quotas", title: "Quotas", key: "q", icon: "quotas", view: () => <View /> };

function View() {
  const quotas = useResource("quotas", (signal) => get<Quotas>("quotas", undefined, signal));
  const [asking, setAsking] = useState(false);
  useEffect(() => listen("quotas", quotas.reload), []);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && quotas.reload(), 5000);
    return () => clearInterval(timer);
  }, []);
  const refresh = async () => {
    setAsking(true);
    try {
      await post("quotas/refresh");
      toast("AWS was asked");
      quotas.reload();
    } catch (e) {
      toast("AWS could not be asked", asProblem(e).message);
    } finally {
      setAsking(false);
    }
  };
  const used = (route.value.query["show"] ?? "used") === "used";
  const d = quotas.data;
  const asOf = d?.quotas.reduce((max, q) => (q.as_of && q.as_of > max ? q.as_of : max), "");
  return (
    <>
      <Head title="Quotas" command={command("quota list", [], { used, ...server() })} note={d && <>{d.account ? `Account ${d.account} in ${d.region}, ` : ""}{asOf ? <span data-tip={full(asOf)}>as AWS said {ago(asOf, gatewayNow())}</span> : "AWS has not been asked: limits are as configured"}</>}>
        {may("operate") && <Button icon="refresh" disabled={asking} onClick={() => void refresh()}>{asking ? "Asking AWS…" : "Refresh"}</Button>}
      </Head>
      <Answer of={quotas}>{(q) => <List all={q} />}</Answer>
    </>
  );
}

function key(q: Quota): string {
  return `${poolText(q.pool)}/${q.limit}`;
}

// The order in which limits matter.
const rank = ["zero", "binding", "tight", "learned", "ok", "below default", "not adjustable", "unknown"];
function weight(q: Quota): number {
  const at = rank.indexOf(q.status);
  return (at < 0 ? rank.length : at) * 10 - (q.used_share_now ?? 0) - (q.used_share_peak ?? 0);
}

function inUse(q: Quota): boolean {
  return (q.used_now ?? 0) > 0 || q.waiting > 0 || q.used_share_peak !== null || q.throttles > 0 || q.open_request !== null || q.applied <= 0;
}

function List({ all }: { all: Quotas }) {
  const { query, id } = route.value;
  const busy = all.quotas.some(inUse);
  const show = query["show"] === "all" || !busy ? "all" : "used";
  const rows = all.quotas
    .filter((q) => (show === "all" || inUse(q)) && (!query["status"] || q.status === query["status"]) && (!query["limit"] || q.limit === query["limit"]))
    .filter((q) => holds(query["q"] ?? "", q.pool.model, q.pool.path, q.pool.region, q.code, q.name, limitName(q.limit)));
  const statuses = [...new Set(all.quotas.map((q) => q.status))].sort((a, b) => rank.indexOf(a) - rank.indexOf(b));
  const limits = [...new Set(all.quotas.map((q) => q.limit))];
  const open = all.quotas.find((q) => key(q) === id);
  return (
    <>
      <div class="filters">
        <Tabs label="Which quotas" value={show} options={[["used", "In use"], ["all", `All ${num(all.quotas.length)}`]]} onChange={(v) => set({ show: v === "used" ? "" : v })} />
        <Search label="Filter by model, code or name" />
        <Choice name="limit" label="Kind of limit" options={[["", "Every kind"], ...limits.map((l) => [l, limitName(l)] as const)]} />
        <Choice name="status" label="Status" options={[["", "Every status"], ...statuses.map((s) => [s, s] as const)]} />
        <span class="soft">{count(rows.length, "quota")}</span>
      </div>
      {rows.length > 0
        ? <Table label="Quotas" rows={rows} columns={columns} id={key} to={(q) => href("quotas", key(q), query)} open={open && key(open)} by="status" />
        : all.quotas.length > 0
          ? <Empty title="No quota matches"><p><a href={href("quotas", "", { show: "all" })}>Show all {num(all.quotas.length)}</a>, or change the filter.</p></Empty>
          : <Empty title="No quota is known"><p>Headgate asks Service Quotas by itself once it may. <code>headgate doctor</code> says which permission is missing and prints the policy.</p></Empty>}
      {all.unpaced.length > 0 && <p class="soft note">Called without a known limit, so they wait for nothing: {all.unpaced.map((p) => modelName(p.model)).join(", ")}.</p>}
      {open && <Detail q={open} onClose={() => go(href("quotas", "", query))} />}
    </>
  );
}

const columns: Column<Quota>[] = [
  { name: "model", title: "Model and limit", grow: true, cell: (q) => <PoolName pool={q.pool} limit={q.limit} />, sort: (q) => `${modelName(q.pool.model)} ${q.pool.path} ${q.limit}` },
  { name: "status", title: "Status", cell: (q) => <Status name={q.status} />, sort: weight },
  { name: "used", title: "Used now", cell: (q) => <Used q={q} />, sort: (q) => q.used_share_now, right: true },
  { name: "p95", title: "p95", right: true, from: 1200, tip: "Of the minutes of the last day that had a call, 95 % used no more", cell: (q) => pct(q.used_share_p95), sort: (q) => q.used_share_p95 },
  { name: "peak", title: "Peak", right: true, from: 1400, tip: "The busiest minute of the last day", cell: (q) => pct(q.used_share_peak), sort: (q) => q.used_share_peak },
  { name: "effective", title: "Paced by", right: true, from: 640, tip: "The amount that calls are paced by, learned where it is less than applied", cell: (q) => <span class={q.effective < q.applied ? "warn-text" : ""}>{compact(q.effective)}</span>, sort: (q) => q.effective },
  { name: "applied", title: "Applied", right: true, from: 900, cell: (q) => compact(q.applied), sort: (q) => q.applied },
  { name: "default", title: "Default", right: true, from: 1200, cell: (q) => <span class={q.default !== null && q.default > q.applied ? "" : "sub"}>{compact(q.default)}</span>, sort: (q) => q.default },
  { name: "unit", title: "Unit", from: 900, cell: (q) => <span class="sub">{limitUnit(q.limit)}</span> },
  { name: "request", title: "Request", from: 1200, cell: (q) => q.open_request ? <Status name={q.open_request.status} tip={`${compact(q.open_request.desired)} asked for, ${clock(q.open_request.created)}`} /> : <span class="sub">–</span>, sort: (q) => q.open_request?.desired ?? null },
  { name: "source", title: "Source", from: 1400, cell: (q) => <span class="sub" data-tip={q.as_of ? full(q.as_of) : undefined}>{q.source}</span>, sort: (q) => q.source },
];

function Used({ q }: { q: Quota }) {
  return (
    <span class="used">
      <Meter share={q.used_share_now} peak={q.used_share_peak} label={`${limitName(q.limit)} of ${modelName(q.pool.model)}`} />
      <span>{pct(q.used_share_now)}</span>
    </span>
  );
}
