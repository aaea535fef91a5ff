import type { Pool } from "../../core/types";

export interface Bound {
  limit: string;
  by: "requests" | "settled" | "admission";
  code: string;
  amount: number;
  per_run: number;
  least: number;
  runs_per_minute: number;
  runs_per_day?: number;
  needed: number;
  binds: boolean;
  why: string;
}

export interface PlanFigures {
  runs_per_minute: number;
  runs_per_hour: number;
  finish_s: number | null;
  binding: string;
}

export interface Curve {
  x: string;
  from: number;
  to: number;
  log: boolean;
  bottom: number;
  top: number;
  formula: { x: number; runs_per_minute: number }[];
  simulated: { x: number; runs_per_minute: number }[];
  marks: { label: string; at: number; vertical: boolean }[];
}

export interface PlanReport {
  pool: Pool;
  workload: {
    runs_per_minute: number;
    calls_per_run: number;
    input_tokens_per_run: number;
    output_tokens_per_run: number;
    max_tokens: number;
    latency_ns: number;
  };
  quotas_from: string;
  quotas_as_of: string | null;
  law: string;
  notes: string[];
  fits: boolean;
  formula: PlanFigures;
  simulated: PlanFigures | null;
  bounds: Bound[];
  trial: { runs: number; minutes: number; scale: number; throttles: number } | null;
  differs: string[];
  curves: Curve[];
  cost: { per_run_nano_usd: number | null; why: string; price_as_of: string };
}

export interface Advice {
  code: string;
  name: string;
  limit: string;
  priority: number; // 0: enough, 1: now, 2: soon
  current: number;
  needed: number;
  default: number;
  ask: number;
  now_runs_per_minute: number;
  gives_runs_per_minute: number;
  why: string;
  evidence: string;
  how: "request" | "support-case" | "none" | "wait";
}

export interface Recommendation {
  binding: string;
  levers: { lever: string; why: string; gives_runs_per_minute: number | null }[];
  advice: Advice[];
  notes: string[];
}

/** Asked is the body of a question for a plan. */
export interface Asked {
  preset?: string;
  runs_per_minute?: number;
  calls_per_run?: number;
  input_tokens_per_run?: number;
  output_tokens_per_run?: number;
  max_tokens?: number;
  latency_seconds?: number;
  model?: string;
  path?: string;
  simulate?: boolean;
}
