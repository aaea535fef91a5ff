import { compact, num } from "../../core/format";
import { route, set } from "../../core/router";
import { Chart } from "../../ui/chart";
import { Card } from "../../ui/stat";
import { Tabs } from "../../ui/tabs";
import { perMinute } from "./words";
import type { Curve, PlanReport } from "./types";

const titles: Record<string, string> = { requests_per_minute: "Quota of requests", max_tokens: "max_tokens" };

/** Curves is how many runs a minute there would be, were something else. */
export function Curves({ p }: { p: PlanReport }) {
  const drawn = p.curves.filter((c) => c.formula.length > 1);
  const asked = route.value.query["over"];
  const c = drawn.find((x) => x.x === asked) ?? drawn[0];
  if (!c) return null;
  return (
    <Card title="Runs a minute, were it otherwise" flush actions={drawn.length > 1 &&
      <Tabs label="Over" value={c.x} options={drawn.map((x) => [x.x, titles[x.x] ?? x.x] as const)} onChange={(v) => set({ over: v === drawn[0]!.x ? "" : v })} />
    }>
      <Drawn c={c} want={p.workload.runs_per_minute} />
      <ul class="marks">{c.marks.filter((m) => m.vertical).map((m) => <li key={m.label}>{m.label}</li>)}</ul>
    </Card>
  );
}

function Drawn({ c, want }: { c: Curve; want: number }) {
  const name = (titles[c.x] ?? c.x).toLowerCase();
  const first = c.formula[0]!;
  const last = c.formula.at(-1)!;
  const now = c.marks.find((m) => m.vertical && / now| not set/.test(m.label))?.at;
  return (
    <Chart kind="lines" height={220} format={perMinute} log={c.log}
      along={{ title: titles[c.x] ?? c.x, values: c.formula.map((f) => f.x), format: (n) => (n < 10_000 ? num(Math.round(n)) : compact(n)) }}
      {...(now !== undefined && { mark: now })}
      label={`Runs a minute over the ${name}: ${perMinute(first.runs_per_minute)} at ${num(first.x)}, ${perMinute(last.runs_per_minute)} at ${num(last.x)}${want ? `; wanted are ${perMinute(want)}` : ""}`}
      lines={[
        { name: "allowed", role: "s1", values: c.formula.map((f) => f.runs_per_minute) },
        ...(want > 0 ? [{ name: "wanted", role: "warn-fill", values: c.formula.map(() => want) }] : []),
      ]} />
  );
}
