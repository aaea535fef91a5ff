import { compact, modelName, num } from "../../core/format";
import type { Pool, Quota } from "../../core/types";
import { Slider } from "../../ui/slider";
import { Card } from "../../ui/stat";
import { Tabs } from "../../ui/tabs";
import type { Key } from "./state";
import type { Asked, PlanReport } from "./types";

const presets = [["development", "Development"], ["production", "Production"], ["heavy", "Heavy"]] as const;

interface Props {
  now: PlanReport["workload"] | undefined; // as the gateway understood it: what is not said comes from there
  pool: Pool | undefined;
  body: Asked;
  quotas: readonly Quota[];
  onChange: (k: Key, v: string) => void;
}

/** Controls state a workload. What is moved is in the address; the rest is the preset's. */
export function Controls({ now, pool, body, quotas, onChange }: Props) {
  const v = {
    runs: body.runs_per_minute ?? now?.runs_per_minute ?? 1,
    calls: body.calls_per_run ?? now?.calls_per_run ?? 1,
    input: body.input_tokens_per_run ?? now?.input_tokens_per_run ?? 0,
    output: body.output_tokens_per_run ?? now?.output_tokens_per_run ?? 0,
    max: body.max_tokens ?? now?.max_tokens ?? 0,
    latency: body.latency_seconds ?? (now ? now.latency_ns / 1e9 : 10),
  };
  const put = (k: Key) => (n: number) => onChange(k, String(n));
  const each = v.output / v.calls;
  return (
    <Card title="Workload">
      <div class="controls">
        <Tabs label="Begin with" value={(body.preset ?? "production") as (typeof presets)[number][0]} options={presets} onChange={(p) => onChange("preset", p === "production" ? "" : p)} />
        <Models pool={pool} body={body} quotas={quotas} onChange={onChange} />
        <Slider label="Runs a minute" unit="runs a minute" value={round(v.runs)} onChange={put("runs")} least={0.1} floor={0} most={10_000} whole={false} />
        <Slider label="Calls a run" unit="calls" value={round(v.calls)} onChange={put("calls")} least={1} most={50} whole={false} says={`${num(Math.round(v.runs * v.calls * 10) / 10)} requests a minute`} />
        <Slider label="Input tokens a run" unit="tokens" value={v.input} onChange={put("in")} least={0} most={1_000_000} says={`${compact(Math.round(v.input / v.calls))} a call, less what the cache reads`} />
        <Slider label="Output tokens a run" unit="tokens" value={v.output} onChange={put("out")} least={0} most={100_000} says={`${compact(Math.round(each))} a call`} />
        <Slider label="max_tokens of a call" unit="tokens; 0 is not set" value={v.max} onChange={put("max")} least={0} most={64_000} says={v.max === 0 ? "not set: the model's maximum is reserved" : each > 0 && v.max > 4 * each ? `${num(Math.round(v.max / each))} times what a call writes is reserved` : "reserved when a call begins"} />
        <Slider label="A call lasts" unit="seconds" value={round(v.latency)} onChange={put("latency")} least={0.5} floor={0.001} most={300} whole={false} says="seconds; so long its reservation stands" />
      </div>
    </Card>
  );
}

function round(n: number): number {
  return +n.toPrecision(4);
}

function Models({ pool, body, quotas, onChange }: { pool: Pool | undefined; body: Asked; quotas: readonly Quota[]; onChange: (k: Key, v: string) => void }) {
  const models = [...new Set(quotas.map((q) => q.pool.model).filter(Boolean))].sort((a, b) => modelName(a).localeCompare(modelName(b)));
  const model = body.model ?? pool?.model ?? "";
  if (model && !models.includes(model)) models.unshift(model);
  const paths = [...new Set(quotas.filter((q) => q.pool.model === (pool?.model ?? model)).map((q) => q.pool.path))];
  const path = body.path ?? pool?.path ?? "";
  if (path && !paths.includes(path)) paths.unshift(path);
  return (
    <div class="row models">
      <label class="choice grow">
        <span class="offstage">Model</span>
        <select value={model} onChange={(e) => { onChange("model", e.currentTarget.value); onChange("path", ""); }}>
          {models.map((m) => <option key={m} value={m}>{modelName(m)}</option>)}
        </select>
      </label>
      <label class="choice">
        <span class="offstage">Path</span>
        <select value={path} onChange={(e) => onChange("path", e.currentTarget.value)}>
          {paths.map((p) => <option key={p} value={p}>{p}</option>)}
        </select>
      </label>
    </div>
  );
}
