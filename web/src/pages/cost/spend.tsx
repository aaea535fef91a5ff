import { get } from "../../core/api";
import { modelName, nano } from "../../core/format";
import { useResource } from "../../core/resource";
import type { UsageReport } from "../../core/types";
import { Chart, type Line } from "../../ui/chart";
import { Answer } from "../../ui/empty";

interface Props {
  by: "none" | "model" | "tenant";
  since: string;
  step: "hour" | "day";
  tenant?: string;
  model?: string;
}

const most = 5; // colours; what is beyond is summed up

/** Spend is a bar for each hour or day, in parts where it is summed by something. */
export function Spend(p: Props) {
  const { since, ...rest } = p;
  const usage = useResource(JSON.stringify([rest, since.slice(0, 13)]), (signal) =>
    get<UsageReport>("usage", { step: p.step, by: p.by, since, tenant: p.tenant, model: p.model, limit: 1000 }, signal));
  return <Answer of={usage} rows={4}>{(u) => <Plot u={u} p={p} />}</Answer>;
}

function Plot({ u, p }: { u: UsageReport; p: Props }) {
  const sums = new Map<string, number>();
  for (const x of u.points) sums.set(x.key, (sums.get(x.key) ?? 0) + (x.cost_nano_usd ?? 0));
  const keys = [...sums.entries()].sort((a, b) => b[1] - a[1]).map(([k]) => k);
  const at = instants(u, p);
  const place = new Map(at.map((t, i) => [t, i]));
  const line = (name: string, role: string, mine: (k: string) => boolean): Line => {
    const values = at.map(() => 0);
    for (const x of u.points) {
      const i = place.get(floor(Date.parse(x.time) / 1000, p.step));
      if (i !== undefined && mine(x.key)) values[i] = (values[i] ?? 0) + (x.cost_nano_usd ?? 0);
    }
    return { name, role, values };
  };
  const named = keys.slice(0, keys.length > most + 1 ? most : most + 1);
  const lines = p.by === "none" ? [line("spend", "s1", () => true)] : named.map((k, i) => line((p.by === "model" ? modelName(k) : k) || "–", `s${i + 1}`, (x) => x === k));
  if (p.by !== "none" && keys.length > named.length) lines.push(line(`${keys.length - named.length} more`, "s7", (x) => !named.includes(x)));
  const total = [...sums.values()].reduce((a, b) => a + b, 0);
  return <Chart kind="bars" height={220} at={at} lines={lines} format={nano} label={`Spend since ${p.since.slice(0, 10)}: ${nano(total)}${keys[0] ? `, most of it for ${keys[0]}` : ""}`} />;
}

const size = { hour: 3600, day: 86_400 };

function floor(s: number, step: "hour" | "day"): number {
  return Math.floor(s / size[step]) * size[step];
}

// instants are all steps of the range: those without a call are there too.
function instants(u: UsageReport, p: Props): number[] {
  const first = Math.min(floor(Date.parse(p.since) / 1000, p.step), ...u.points.map((x) => floor(Date.parse(x.time) / 1000, p.step)));
  const last = floor(Date.now() / 1000, p.step);
  return Array.from({ length: Math.min(1000, (last - first) / size[p.step] + 1) }, (_, i) => first + i * size[p.step]);
}
