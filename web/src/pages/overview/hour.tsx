import { useEffect } from "preact/hooks";
import { get } from "../../core/api";
import { count, num } from "../../core/format";
import { useResource } from "../../core/resource";
import type { UsageReport } from "../../core/types";
import { Chart } from "../../ui/chart";
import { Card } from "../../ui/stat";
import { Answer } from "../../ui/empty";

const minutes = 60;

/** LastHour is what became of the calls of the last hour, minute by minute. */
export function LastHour() {
  const usage = useResource("hour", (signal) =>
    get<UsageReport>("usage", { step: "minute", by: "none", since: new Date(Date.now() - minutes * 60_000).toISOString(), limit: 1000 }, signal));
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && usage.reload(), 15_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <Card title="Last hour" note="calls a minute, of real time" flush>
      <Answer of={usage} rows={4}>{(u) => <Plot u={u} />}</Answer>
    </Card>
  );
}

function Plot({ u }: { u: UsageReport }) {
  const found = new Map(u.points.map((p) => [Math.floor(Date.parse(p.time) / 60_000), p]));
  const last = Math.floor(Date.now() / 60_000);
  const at = Array.from({ length: minutes }, (_, i) => last - minutes + 1 + i);
  const of = (f: (p: UsageReport["points"][number]) => number) => at.map((m) => { const p = found.get(m); return p ? f(p) : 0; });
  const atOnce = of((p) => Math.max(0, p.ok - p.waited_calls));
  const waited = of((p) => Math.min(p.ok, p.waited_calls));
  const refused = of((p) => p.refused);
  const failed = of((p) => p.failed);
  const sum = (v: number[]) => v.reduce((a, b) => a + b, 0);
  return (
    <Chart kind="bars" height={190} at={at.map((m) => m * 60)} format={num}
      label={`Calls of the last hour: ${count(sum(atOnce), "call")} served at once, ${num(sum(waited))} after a wait, ${num(sum(refused))} refused, ${num(sum(failed))} failed`}
      lines={[
        { name: "served at once", role: "s1", values: atOnce },
        { name: "after a wait", role: "s2", values: waited },
        { name: "refused", role: "warn-fill", values: refused },
        { name: "failed", role: "bad-fill", values: failed },
      ]} />
  );
}
