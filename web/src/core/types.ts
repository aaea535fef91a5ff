// The API's values. Durations end in _ms or _seconds and are real time; money is
// in nano-USD unless the name says otherwise; null is "not known".

export interface Pool {
  account: string;
  region: string;
  model: string; // empty: the account's own limit
  path: string;
}

export interface Usage {
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
}

export type Role = "read" | "operate" | "admin";

export interface Session {
  role: Role;
  via: "loopback" | "link" | "token";
  name: string;
  expires: string | null;
}

export interface LimitNow {
  pool: Pool;
  limit: string;
  used: number | null;
  effective: number;
  applied: number;
  used_share: number | null;
  waiting: number;
  status: string;
  window_seconds: number;
  blocked_until: string | null;
  empty_in_seconds: number | null; // nominal
  history: number[];
  history_step_seconds: number; // nominal
}

export interface Activity {
  pool: Pool;
  class: string;
  waiting: number;
  running: number;
  held_quota_tokens: number;
}

export interface RunNow {
  id: string;
  tenant: string;
  calls: number;
  begun: string;
  queued_ms: number;
}

export interface NextAction {
  severity: "ok" | "info" | "warn" | "bad";
  text: string;
  why: string;
  command: string;
  page: string;
}

export interface Overview {
  time: string;
  started: string;
  version: string;
  time_scale: number;
  account: string;
  region: string;
  quotas_as_of: string | null;
  today_since: string;
  limits: LimitNow[]; // the first that bind
  more_limits: number;
  activity: Activity[];
  runs_under_way: number;
  runs: RunNow[];
  throttles: { avoided_today: number; suffered_today: number; last_minute: number };
  calls: {
    today: number;
    ok_today: number;
    refused_today: number;
    failed_today: number;
    last_minute: number;
    p50_queued_ms: number | null;
    p95_queued_ms: number | null;
  };
  spend: { today_nano_usd: number | null; unpriced_calls_today: number; last_hour_nano_usd: number | null };
  ledger: { recorded: number; written: number; dropped: number; pending: number; failure: string };
  next_action: NextAction | null;
}

export interface QuotaRequest {
  id: string;
  case_id?: string;
  code: string;
  name: string;
  desired: number;
  status: string;
  created: string;
  updated: string;
}

export interface Quota {
  pool: Pool;
  limit: string;
  code: string;
  name: string;
  default: number | null;
  adjustable: boolean | null;
  open_request: QuotaRequest | null;
  match: string;
  applied: number;
  effective: number;
  lower: number | null;
  upper: number | null;
  law: string;
  trial: boolean;
  burst_seconds: number;
  throttles: number;
  last_throttle: string | null;
  learned: string[];
  why: string;
  used_now: number | null;
  used_share_now: number | null;
  planned: number | null;
  used_share_p95: number | null;
  used_share_peak: number | null;
  waiting: number;
  spaced: boolean;
  blocked_until: string | null;
  window_seconds: number;
  status: string;
  source: string;
  as_of: string | null;
}

export interface Quotas {
  time_scale: number;
  account: string;
  region: string;
  quotas: Quota[];
  unpaced: Pool[];
  version: string;
  time: string;
}

export interface Refusal {
  reason: string;
  text: string;
  cure: string;
}

export interface RequestItem {
  code: string;
  name: string;
  limit: string;
  pool: Pool;
  current: number | null;
  default: number | null;
  desired: number;
  why: string;
  open_request: QuotaRequest | null;
  state: "would_file" | "filed" | "refused" | "failed";
  refusals: Refusal[];
  evidence: {
    since: string;
    until: string;
    calls: number;
    requests_per_minute: { median: number; peak: number };
    tokens_per_minute: { median: number; peak: number };
  } | null;
  gives: { per: string; calls_before: number; calls_after: number; binds: string } | null;
  justification: string | null;
  support_case: { subject: string; body: string; how_to_open: string[] } | null;
  complete: boolean;
  request: QuotaRequest | null;
}

export interface RequestReport {
  account: string;
  region: string;
  as_of: string;
  dry_run: boolean;
  requests: RequestItem[];
}

export interface Call {
  id: string;
  time: string;
  outcome: string;
  status: number;
  operation: string;
  model_id: string;
  pool: Pool;
  class: string;
  tenant: string;
  run: string;
  run_inferred: boolean;
  principal: string;
  client: string;
  usage: Usage;
  hold_quota_tokens: number;
  forecast_quota_tokens: number;
  settled_quota_tokens: number;
  cost_usd: number | null;
  price_as_of: string;
  queued_ms: number;
  first_byte_ms: number;
  latency_ms: number;
  attempts: number;
  throttled_requests: number;
  throttled_tokens: number;
  throttled_day: number;
  joined_retries: number;
  cache: string;
  error_kind: string;
  error_message: string;
  reason: string;
  limit: string;
}

export interface Calls {
  calls: Call[];
  next: string;
}

export interface Explanation {
  call: Call;
  summary: string;
  steps: { at_ms: number; took_ms: number; what: string; text: string }[];
}

export interface Run {
  id: string;
  tenant: string;
  inferred: boolean;
  outcome: string;
  calls: number;
  failed: number;
  first: string;
  last: string;
  took_ms: number;
  queued_ms: number;
  usage: Usage;
  settled_quota_tokens: number;
  cost_usd: number | null;
  unpriced_calls: number;
  latest_call: string;
}

export interface Runs {
  runs: Run[];
  next: string;
}

export interface CostRow {
  day: string;
  model: string;
  tenant: string;
  run: string;
  calls: number;
  free_calls: number;
  unpriced_calls: number;
  usage: Usage;
  usd_nano: number | null;
  complete: boolean;
}

export interface CostReport {
  by: string;
  zone: string;
  since: string | null;
  until: string | null;
  rows: CostRow[];
  more_rows: number;
  total: CostRow;
  warnings: string[];
  notes: string[];
}

export interface UsagePoint {
  time: string;
  key: string;
  calls: number;
  ok: number;
  refused: number;
  throttles: number;
  failed: number;
  waited_calls: number;
  queued_ms: number;
  input_tokens: number;
  output_tokens: number;
  cost_nano_usd: number | null;
  unpriced_calls: number;
}

export interface UsageReport {
  step: "minute" | "hour" | "day";
  points: UsagePoint[];
}
