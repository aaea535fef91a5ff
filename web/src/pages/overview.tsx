import { command, server } from "../core/cli";
import { ago, clock, count, dur, nano, num, pct } from "../core/format";
import { gatewayNow, overview } from "../core/live";
import { href } from "../core/router";
import type { NextAction, Overview } from "../core/types";
import { Button } from "../ui/button";
import { copy } from "../core/clipboard";
import { Empty, Loading, PointHere } from "../ui/empty";
import { Head } from "../ui/head";
import { Card, Stat } from "../ui/stat";
import { Banner } from "../ui/status";
import { Classes, RunsNow } from "./overview/activity";
import { Headroom } from "./overview/headroom";
import { LastHour } from "./overview/hour";
import { pages } from ".";
import type { Page } from "./page";

export const overviewPage: Page = { name: "overview", title: "Overview", key: "o", icon: "overview", view: () => <View /> };

function View() {
  const o = overview.value;
  return (
    <>
      <Head title="Overview" note={o && <>What AWS gives was asked {o.quotas_as_of ? <span data-tip={clock(o.quotas_as_of)}>{ago(o.quotas_as_of, gatewayNow())}</span> : "never: limits are as configured"}</>} command={command("top", [], server())} />
      {o ? <All o={o} /> : <Loading />}
    </>
  );
}

function All({ o }: { o: Overview }) {
  const never = o.calls.today === 0 && o.activity.length === 0;
  return (
    <>
      {o.next_action && <Next a={o.next_action} />}
      {o.ledger.failure && <Banner tone="bad" title="The ledger cannot be written">{o.ledger.failure}</Banner>}
      {o.ledger.dropped > 0 && <Banner tone="warn" title={`${count(o.ledger.dropped, "call")} not in the ledger`}>They came faster than the disk took them. Counters are right, lists and costs lack them.</Banner>}
      <Figures o={o} />
      {never && (
        <Card title="No call yet today"><div class="pad"><PointHere /></div></Card>
      )}
      <div class="split">
        <div class="column">
          <Headroom limits={o.limits} more={o.more_limits} />
          <LastHour />
        </div>
        <div class="column">
          <Classes activity={o.activity} />
          <RunsNow runs={o.runs} total={o.runs_under_way} />
        </div>
      </div>
      {o.limits.length === 0 && <Empty title="No limit is known"><p>Calls wait for nothing. Let Headgate ask AWS, or write the limits down in <code>headgate.yaml</code>: <code>headgate doctor</code> says what is missing.</p></Empty>}
    </>
  );
}

function Next({ a }: { a: NextAction }) {
  const page = pages.find((p) => p.name === a.page);
  return (
    <Banner tone={a.severity} title={a.text} actions={
      <div class="row next">
        {a.command && <Button icon="terminal" tip={a.command} onClick={() => void copy(a.command, "Command copied")}>Copy command</Button>}
        {page && page.name !== "overview" && <a class="button" href={href(page.name)}>{page.title}</a>}
      </div>
    }>
      {a.why}
    </Banner>
  );
}

function Figures({ o }: { o: Overview }) {
  const waiting = o.activity.reduce((n, a) => n + a.waiting, 0);
  const running = o.activity.reduce((n, a) => n + a.running, 0);
  const { throttles: t, calls: c, spend: s } = o;
  const turned = c.refused_today + c.failed_today;
  return (
    <dl class="stats">
      <Stat name="Throttles, last minute" value={num(t.last_minute)} tone={t.last_minute > 0 ? "bad" : "ok"} tip="Throttles that AWS answered with. Avoided: calls that waited for a limit and were not throttled.">
        {num(t.suffered_today)} suffered, {num(t.avoided_today)} avoided today
      </Stat>
      <Stat name="Waiting now" value={num(waiting)} tip="Half of the calls of the last five minutes waited no longer than p50, 95 % no longer than p95.">
        {c.p95_queued_ms === null ? "no call in five minutes" : `p50 ${dur(c.p50_queued_ms)}, p95 ${dur(c.p95_queued_ms)}`}
      </Stat>
      <Stat name="Running now" value={num(running)}>{count(o.runs_under_way, "run")} in progress</Stat>
      <Stat name="Calls today" value={num(c.today)}>{num(c.last_minute)} in the last minute</Stat>
      <Stat name="Not served today" value={num(turned)} tone={c.failed_today > 0 ? "warn" : undefined}>
        {turned === 0 ? (c.today ? `${pct(c.ok_today / c.today)} ok` : "no calls") : `${num(c.refused_today)} refused, ${num(c.failed_today)} failed`}
      </Stat>
      <Stat name="Spend today" value={nano(s.today_nano_usd)}>
        {nano(s.last_hour_nano_usd)} in the last hour{s.unpriced_calls_today > 0 && `, ${num(s.unpriced_calls_today)} not priced`}
      </Stat>
    </dl>
  );
}
