import type { Query } from "../../core/router";
import type { Asked } from "./types";

/** Key is what of a plan is in the address. */
export type Key = "preset" | "runs" | "calls" | "in" | "out" | "max" | "latency" | "model" | "path";

const numbers: readonly (readonly [Key, keyof Asked, flag: string])[] = [
  ["runs", "runs_per_minute", "runs-per-minute"], ["calls", "calls_per_run", "calls-per-run"], ["in", "input_tokens_per_run", "input-per-run"],
  ["out", "output_tokens_per_run", "output-per-run"], ["max", "max_tokens", "max-tokens"], ["latency", "latency_seconds", "latency"],
];

/** asked is what an address asks; what is no number in it is as if it were not there. */
export function asked(q: Query): Asked {
  const body: Record<string, unknown> = {};
  for (const k of ["preset", "model", "path"] as const) if (q[k]) body[k] = q[k];
  for (const [k, name] of numbers) {
    const n = Number(q[k]);
    if (q[k] && Number.isFinite(n) && n >= 0) body[name] = n;
  }
  return body as Asked;
}

/** flags are those of headgate plan for the same. */
export function flags(a: Asked): Record<string, string | undefined> {
  const out: Record<string, string | undefined> = { preset: a.preset, model: a.model, path: a.path };
  for (const [, name, flag] of numbers) {
    const v = a[name];
    if (typeof v === "number") out[flag] = flag === "latency" ? `${v}s` : String(v);
  }
  return out;
}

/** params are the same for recommendations. */
export function params(a: Asked): Record<string, string | number | boolean | undefined> {
  return { ...a };
}
