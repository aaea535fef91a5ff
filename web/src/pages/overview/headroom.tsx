import { useState } from "preact/hooks";
import { command, server } from "../../core/cli";
import { compact, count, dur, limitName, limitUnit, modelName, num, pct, span } from "../../core/format";
import { gatewayNow } from "../../core/live";
import { href } from "../../core/router";
import type { LimitNow } from "../../core/types";
import { Button } from "../../ui/button";
import { Meter, Spark, toneOfShare } from "../../ui/meter";
import { PoolName } from "../../ui/pool";
import { Card } from "../../ui/stat";
import { Tag } from "../../ui/status";

const most = 8;

/** Headroom is how much is left of each limit that matters, what binds first. */
export function Headroom({ limits, more }: { limits: readonly LimitNow[]; more: number }) {
  const [all, setAll] = useState(false);
  // Limits that nothing draws on say nothing, as long as others do.
  const busy = limits.filter((l) => (l.used ?? 0) > 0 || l.waiting > 0 || l.blocked_until || l.applied <= 0 || l.history.some((h) => h > 0));
  const worth = busy.length > 0 ? busy : limits;
  const shown = all ? worth : worth.slice(0, most);
  const rest = worth.length - shown.length;
  return (
    <Card title="Headroom" note={busy.length > 0 ? `${count(busy.length, "limit")} in use of ${num(limits.length + more)}` : count(limits.length + more, "limit")} actions={<a class="soft" href={href("quotas")}>All quotas</a>} flush>
      <ul class="limits">{shown.map((l) => <Row key={`${l.pool.account}/${l.pool.region}/${l.pool.model}/${l.pool.path}/${l.limit}`} l={l} />)}</ul>
      {rest > 0 && <div class="more"><Button kind="quiet" onClick={() => setAll(true)}>Show {num(rest)} more</Button></div>}
    </Card>
  );
}

function Row({ l }: { l: LimitNow }) {
  const tone = l.waiting > 0 || l.status === "zero" ? "bad" : toneOfShare(l.used_share);
  const name = `${limitName(l.limit)} of ${modelName(l.pool.model)}`;
  const left = l.applied <= 0 ? 0 : l.used_share === null ? null : Math.max(0, 1 - l.used_share);
  return (
    <li>
      <PoolName pool={l.pool} limit={l.limit} />
      <div class="left">
        <strong class={tone === "ok" || tone === "mute" ? "" : tone}>{pct(left)}</strong> left
      </div>
      <div class="level">
        <Meter share={l.used_share} tone={tone} label={name} />
        <span class="soft" data-tip={l.effective < l.applied ? `AWS says that it applies ${num(l.applied)}, and enforces less` : undefined}>{compact(l.used)} of {compact(l.effective)} {limitUnit(l.limit)}{l.effective < l.applied && ", learned"}</span>
      </div>
      <div class="fate"><Fate l={l} /></div>
      <Spark values={l.history} tone={tone} label={`${name}: ${pct(l.history.at(-1) ?? null)} used now, at most ${pct(Math.max(0, ...l.history))} in the last minute`} />
    </li>
  );
}

/** Fate is what becomes of a limit if things go on as they do. */
function Fate({ l }: { l: LimitNow }) {
  if (l.applied <= 0) return <Tag tone="bad" tip="No call is admitted until AWS grants more">zero quota</Tag>;
  const blocked = l.blocked_until ? Date.parse(l.blocked_until) - gatewayNow() : 0;
  if (blocked > 0) return <Tag tone="bad" tip="AWS throttled: no call starts before">held for {dur(blocked)}</Tag>;
  if (l.waiting > 0) return <Tag tone="warn" tip={command("quota list", [], { used: true, ...server() })}>{num(l.waiting)} waiting</Tag>;
  // What would take longer than its window, or two minutes, will have refilled by then.
  const empty = l.empty_in_seconds;
  if (empty !== null && empty < Math.max(120, l.window_seconds)) return <Tag tone={empty < 30 ? "warn" : "mute"} tip="At the pace of the last minute">empty in {span(empty * 1000)}</Tag>;
  return <Tag tone="ok" tip="It refills as fast as it is used, or faster">steady</Tag>;
}
