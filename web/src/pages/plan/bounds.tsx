import { compact, num, pct } from "../../core/format";
import { href } from "../../core/router";
import { Meter } from "../../ui/meter";
import { Card } from "../../ui/stat";
import { Tag } from "../../ui/status";
import { limitTitle, perMinute } from "./words";
import type { Bound, PlanReport } from "./types";

const ways: Record<Bound["by"], string> = { requests: "each call is one", settled: "what calls cost in the end", admission: "and what is reserved while they run" };

/** Bounds is how much of each limit the workload takes, the one that binds first. */
export function Bounds({ p }: { p: PlanReport }) {
  const rows = [...p.bounds].sort((a, b) => share(b) - share(a));
  const from = p.quotas_as_of ? "as AWS said" : p.quotas_from === "default" ? "AWS's defaults: the account may have less" : p.quotas_from;
  return (
    <Card title="What it takes of each limit" note={from} flush>
      <ul class="bounds">
        {rows.map((b) => (
          <li key={`${b.limit}/${b.by}`} data-tip={b.why}>
            <div>
              <span class="two">{b.code ? <a href={href("quotas", "", { show: "all", q: b.code })}>{limitTitle(b.limit)}</a> : limitTitle(b.limit)}</span>
              <span class="two">{ways[b.by]}</span>
            </div>
            <Meter share={b.needed ? share(b) : 0} label={`${limitTitle(b.limit)}, ${ways[b.by]}`} />
            <span class="right num"><strong>{b.needed ? pct(share(b)) : "–"}</strong><span class="two">{compact(b.needed)} of {compact(b.amount)}</span></span>
            <span class="right num from-640"><strong>{perMinute(b.runs_per_minute)}</strong><span class="two">runs/min allowed</span></span>
            <span class="from-900">{b.binds ? <Tag tone={p.fits ? "info" : "bad"}>binds first</Tag> : b.amount < b.least ? <Tag tone="bad" tip={`One call reserves ${num(b.least)}`}>lets none in</Tag> : null}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function share(b: Bound): number {
  return b.amount > 0 ? b.needed / b.amount : b.needed > 0 ? 9 : 0;
}
