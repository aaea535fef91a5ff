export interface Planned {
  name: string;
  why: string;
  pool: string;
  metric: string;
  statistic: string;
  models: string[];
  of?: number;
  period_seconds: number;
  threshold: number;
  evaluation_periods: number;
  topic?: string;
}

export interface Found {
  name: string;
  state: "OK" | "ALARM" | "INSUFFICIENT_DATA";
  since: string | null;
  reason: string;
  why: string;
  arn: string;
  tells: string[];
  muted: boolean;
}

export interface Change {
  name: string;
  do: string;
  differs: string[];
}

/** Applied is what there is to do about alarms, or what was done. */
export interface Applied {
  account: string;
  region: string;
  dry_run: boolean;
  alarms: (Change & { error: string; done: boolean })[];
  missing: string[]; // what could not be asked
}

export interface Alarms {
  alarms: Found[]; // those that are there
  ringing: string[];
  plan: Applied;
  planned: Planned[]; // those that should be
  notes: string[];
}
