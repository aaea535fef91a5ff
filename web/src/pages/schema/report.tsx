import { compact, count, dur, nano, num, words } from "../../core/format";
import { href } from "../../core/router";
import { Card, Stat } from "../../ui/stat";
import { Tag } from "../../ui/status";
import { Table, type Column } from "../../ui/table";
import type { SchemaCall, SchemaJob, SchemaReport } from "./types";
import { dialects } from "./words";

const ms = (ns: number) => ns / 1e6;
const title = (d: string) => dialects.find(([n]) => n === d)?.[1] ?? d;

/** Figures is what came of it, in numbers. */
export function Figures({ r }: { s: SchemaJob; r: SchemaReport }) {
  const tried = r.verification.filter((v) => v.executed);
  const held = tried.filter((v) => v.findings.length === 0);
  return (
    <dl class="stats">
      <Stat name="Tables" value={num(r.tables)}>{count(r.columns, "column")}, {count(r.rows, "row")} measured</Stat>
      <Stat name="References" value={num(r.references)}>{r.suspected ? `${num(r.suspected)} more only suspected` : "each holds for every row"}</Stat>
      <Stat name="Holds in" value={`${held.length} of ${r.verification.length}`} tone={tried.length > held.length ? "warn" : held.length ? "ok" : undefined}>{tried.length ? tried.map((v) => title(v.dialect)).join(", ") : "no engine was there: parsed only"}</Stat>
      <Stat name="Calls" value={num(r.totals.calls)}>waited {dur(ms(r.totals.waited_ns))} for quota</Stat>
      <Stat name="Tokens" value={compact(r.totals.input_tokens + r.totals.output_tokens)}>{compact(r.totals.input_tokens)} in, {compact(r.totals.output_tokens)} out</Stat>
      <Stat name="Cost" value={nano(r.totals.cost_nano_usd)}>took {dur(ms(r.totals.took_ns))}</Stat>
    </dl>
  );
}

/** Report is why the schema is as it is, and what is in doubt. */
export function Report({ r }: { r: SchemaReport }) {
  const changed = r.judgements.filter((j) => !j.refused);
  const refused = r.judgements.filter((j) => j.refused);
  return (
    <div class="column">
      <Card title="Verified" note={r.judgement}>
        <ul class="proofs">
          {r.verification.map((v) => (
            <li key={v.dialect}>
              <Tag tone={!v.executed ? "mute" : v.findings.length ? "warn" : "ok"}>{title(v.dialect)}</Tag>
              <span class="grow">{v.engine}: {v.executed ? `${count(sum(v.loaded), "row")} loaded, ${v.findings.length ? `${count(v.findings.length, "constraint")} did not hold` : "every constraint holds"}` : `parsed, not executed${v.why ? `: ${v.why}` : ""}`}</span>
            </li>
          ))}
        </ul>
      </Card>
      {r.given_up.length > 0 && <Lines title="Given up, so that it runs" lines={r.given_up.map((g) => `${words(g.constraint)} of ${g.table}: ${g.did}`)} />}
      {r.calls.length > 0 && <Card title="Calls" note="each through this gateway" flush><Table label="Calls" rows={r.calls} columns={columns} id={(c) => c.step} /></Card>}
      {changed.length > 0 && <Lines title="What answers changed" lines={changed.map((j) => `${j.about}: ${words(j.what)}${j.from ? ` ${j.from}` : ""}${j.to ? ` → ${j.to}` : ""}`)} />}
      {refused.length > 0 && <Lines title="What was proposed and refused" lines={refused.map((j) => `${j.about}: ${words(j.what)}${j.to ? ` ${j.to}` : ""}: ${j.refused}`)} />}
      {r.unconfirmed.length > 0 && <Card title="To be confirmed by you" note="below certainty, and nobody has confirmed it"><p class="pad"><code>{r.unconfirmed.join(", ")}</code> in <code>schema.json</code></p></Card>}
      {r.notes.length > 0 && <Lines title="Seen in the files" lines={r.notes.map((n) => `${n.about}: ${n.text}`)} />}
    </div>
  );
}

function Lines({ title: name, lines }: { title: string; lines: readonly string[] }) {
  return (
    <Card title={name} note={num(lines.length)}>
      <ul class="lines">{lines.slice(0, 200).map((l, i) => <li key={i}>{l}</li>)}</ul>
      {lines.length > 200 && <p class="pad soft">{num(lines.length - 200)} more are in report.json.</p>}
    </Card>
  );
}

function sum(loaded: Record<string, number> | undefined): number {
  return Object.values(loaded ?? {}).reduce((a, b) => a + b, 0);
}

const columns: Column<SchemaCall>[] = [
  { name: "step", title: "Step", cell: (c) => c.answer.call_id ? <a href={href("calls", c.answer.call_id)}>{words(c.step)}</a> : words(c.step) },
  { name: "merged", title: "Answer", grow: true, cell: (c) => <Tag tone={c.merged ? "ok" : "mute"} tip={c.why}>{c.merged ? "merged" : `not merged${c.why ? `: ${c.why}` : ""}`}</Tag> },
  { name: "waited", title: "Waited", right: true, cell: (c) => c.reused || c.follows ? <span class="sub">{c.reused ? "reused" : "same call"}</span> : dur(ms(c.answer.waited)) },
  { name: "in", title: "In", right: true, from: 640, cell: (c) => num(c.answer.usage.input) },
  { name: "out", title: "Out", right: true, from: 640, cell: (c) => num(c.answer.usage.output) },
  { name: "cost", title: "Cost", right: true, from: 900, cell: (c) => nano(c.cost_nano_usd) },
];
