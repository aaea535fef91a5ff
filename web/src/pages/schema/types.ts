// What the API says of schemas. Durations that end in _ns are real nanoseconds.

export interface SchemaStep {
  number: number; // from 1; a step that goes on is told again under its number
  at: string;
  step: string; // of a call for several: their names with + between
  detail: string;
  waited_ms: number;
  done: boolean;
}

export type SchemaState = "waiting" | "running" | "done" | "failed" | "cancelled" | "interrupted";

export interface SchemaFile {
  name: string;
  bytes: number;
  type?: string;
}

export interface SchemaJob {
  id: string;
  name: string;
  sentence: string;
  dialects: string[];
  model: string; // empty: nobody is asked
  inputs: SchemaFile[];
  state: SchemaState;
  ahead: number;
  created: string;
  started: string | null;
  ended: string | null;
  expires: string | null;
  failure: string;
  steps: SchemaStep[];
  files: SchemaFile[];
  report: SchemaReport | null;
}

export interface SchemaList {
  schemas: SchemaJob[]; // without steps and reports
  max_upload_bytes: number;
}

/** ended reports whether nothing more happens to a schema. */
export function ended(s: SchemaJob): boolean {
  return s.state !== "waiting" && s.state !== "running";
}

export interface SchemaReport {
  schema: string;
  judged: string;
  judgement: string;
  tables: number;
  columns: number;
  references: number;
  suspected: number;
  rows: number;
  skipped: { source: string; reason: string }[];
  verification: {
    dialect: string;
    engine: string;
    executed: boolean;
    why?: string;
    loaded?: Record<string, number>;
    findings: { table: string; columns: string[]; message: string; rows: number }[];
  }[];
  given_up: { constraint: string; table: string; did: string }[];
  calls: SchemaCall[];
  judgements: { step: string; about: string; what: string; from?: string; to?: string; refused?: string }[];
  notes: { about: string; kind: string; text: string }[];
  unconfirmed: string[];
  totals: { calls: number; reused: number; input_tokens: number; output_tokens: number; cost_nano_usd: number | null; waited_ns: number; took_ns: number };
}

export interface SchemaCall {
  step: string;
  answer: {
    usage: { input: number; output: number; cache_read: number; cache_write: number };
    model: string;
    call_id: string;
    attempts: number;
    waited: number; // ns
    took: number; // ns
    emulated: boolean;
  };
  follows: boolean;
  reused: boolean;
  merged: boolean;
  why?: string;
  cost_nano_usd: number | null;
}

/** steps are in the order in which they are taken; those of the model are a call each at most. */
export const steps: readonly { name: string; title: string; does: string; part: "data" | "model" | "proof" }[] = [
  { name: "read", title: "Read", does: "Files become tables", part: "data" },
  { name: "measure", title: "Measure", does: "Every row is looked at: types, keys, values", part: "data" },
  { name: "plan", title: "Plan", does: "Keys and references from what was measured", part: "data" },
  { name: "analyze", title: "Analyze", does: "What the tables are, and what is missing", part: "model" },
  { name: "columns", title: "Columns", does: "Names, meanings, units", part: "model" },
  { name: "relationships", title: "Relationships", does: "References that the data leaves open", part: "model" },
  { name: "normalize", title: "Normalize", does: "What is in one table and should be in two", part: "model" },
  { name: "validate", title: "Validate", does: "What does not hold is mended", part: "model" },
  { name: "final", title: "Final", does: "Last names and questions", part: "model" },
  { name: "verify", title: "Verify", does: "Made in real databases, all rows loaded", part: "proof" },
  { name: "write", title: "Write", does: "DDL, diagram, report", part: "proof" },
];
