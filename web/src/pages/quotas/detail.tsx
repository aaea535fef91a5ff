import { useState } from "preact/hooks";
import { command, server } from "../../core/cli";
import { ago, clock, full, limitName, limitUnit, modelName, num, pct, span, words } from "../../core/format";
import { gatewayNow } from "../../core/live";
import { may } from "../../core/session";
import type { Quota } from "../../core/types";
import { Button, CopyAsCLI } from "../../ui/button";
import { Drawer } from "../../ui/drawer";
import { Meter } from "../../ui/meter";
import { poolText } from "../../ui/pool";
import { Fields } from "../../ui/stat";
import { Status } from "../../ui/status";
import { Ask } from "./ask";
import { adviceOn } from "./advice";

/** Detail is all that is known of one limit, why, and what can be done about it. */
export function Detail({ q, onClose }: { q: Quota; onClose: () => void }) {
  const [asking, setAsking] = useState(false);
  const unit = limitUnit(q.limit);
  const advice = adviceOn(q);
  const at = gatewayNow();
  return (
    <Drawer title={`${limitName(q.limit)} of ${modelName(q.pool.model)}`} sub={<span class="wrap">{q.name || poolText(q.pool)}</span>} onClose={onClose}>
      <div class="big">
        <strong>{pct(q.used_share_now)}</strong> used: {num(q.used_now)} of {num(q.effective)} {unit}
        <Meter share={q.used_share_now} peak={q.used_share_peak} label="Used now" />
        {q.waiting > 0 && <p class="warn-text">{num(q.waiting)} calls wait for it.</p>}
      </div>

      <h3>What to do</h3>
      <p>{advice.text}</p>
      <div class="row wrap-row">
        {q.code && may("operate") && advice.ask && <Button kind="primary" icon="up" onClick={() => setAsking(true)}>Request more…</Button>}
        {q.code && <CopyAsCLI command={command("quota show", [q.code], server())} />}
      </div>

      <h3>What is known</h3>
      <Fields rows={[
        ["Status", <Status name={q.status} />],
        ["Applied", `${num(q.applied)} ${unit}`],
        ["AWS default", q.default === null ? "" : `${num(q.default)} ${unit}`],
        ["Paced by", `${num(q.effective)} ${unit}`],
        ["Enforced between", q.lower === null && q.upper === null ? "" : `${num(q.lower)} and ${num(q.upper)} ${unit}`],
        ["Why", q.why],
        ["Law", q.law === "unknown" ? "" : words(q.law) + (q.trial ? ", on trial now" : "")],
        ["Bucket", q.burst_seconds > 0 ? `holds ${span(q.burst_seconds * 1000)} of the limit` : ""],
        ["Spacing", q.spaced ? "calls go evenly spaced" : ""],
        ["Learned", q.learned.map(words).join(", ")],
        ["Throttles", q.throttles > 0 ? `${num(q.throttles)}, the last ${q.last_throttle ? ago(q.last_throttle, at) : "at an unknown time"}` : "none"],
        ["Held until", q.blocked_until && clock(q.blocked_until)],
        ["With forecasts", q.planned === null ? "" : `${num(q.planned)} ${unit}`],
        ["Last day", q.used_share_p95 === null ? "" : `p95 ${pct(q.used_share_p95)}, peak ${pct(q.used_share_peak)}`],
        ["Open request", q.open_request && <>{num(q.open_request.desired)} {unit} <Status name={q.open_request.status} /> <span class="soft">{ago(q.open_request.created, at)}</span></>],
        ["Code", q.code && <code>{q.code}</code>],
        ["Adjustable", q.adjustable === null ? "" : q.adjustable ? "yes, by Service Quotas" : "no"],
        ["Source", `${q.source}${q.as_of ? `, ${full(q.as_of)}` : ""}`],
        ["Pool", <code>{poolText(q.pool)}</code>],
      ]} />
      {asking && <Ask q={q} onClose={() => setAsking(false)} />}
    </Drawer>
  );
}
