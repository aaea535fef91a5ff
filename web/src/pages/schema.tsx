import { useEffect } from "preact/hooks";
import { get } from "../core/api";
import { command, server } from "../core/cli";
import { ago, count, dur, full } from "../core/format";
import { gatewayNow } from "../core/live";
import { useResource } from "../core/resource";
import { href, route } from "../core/router";
import { may } from "../core/session";
import { Answer, Empty } from "../ui/empty";
import { Head } from "../ui/head";
import { Tag, type Tone } from "../ui/status";
import { Table, type Column } from "../ui/table";
import type { Page } from "./page";
import { MakeOne } from "./schema/make";
import { One } from "./schema/one";
import { ended, type SchemaJob, type SchemaList } from "./schema/types";

export const schemaPage: Page = { name: "schema", title: "Schema", key: "s", icon: "schema", view: () => (route.value.id ? <One id={route.value.id} key={route.value.id} /> : <All />) };

/** All is where a schema is ordered, and those that were made before. */
function All() {
  const all = useResource("schemas", (signal) => get<SchemaList>("schemas", undefined, signal));
  const busy = all.data?.schemas.some((s) => !ended(s)) ?? false;
  useEffect(() => {
    if (!busy) return undefined;
    const timer = setInterval(() => !document.hidden && all.reload(), 2000);
    return () => clearInterval(timer);
  }, [busy]);
  return (
    <>
      <Head title="Schema" note="Sample files and a sentence become a database schema that was tried with every row" command={command("schema generate", ["data/"], { describe: "what the data is about", ...server() })} />
      {may("operate")
        ? <MakeOne most={all.data?.max_upload_bytes} />
        : <Tag tone="mute">Making a schema needs the role operate: those that were made can be looked at.</Tag>}
      <h2 class="earlier">Made before</h2>
      <Answer of={all} rows={3}>{(a) => a.schemas.length > 0
        ? <Table label="Schemas" rows={a.schemas} columns={columns} id={(s) => s.id} to={(s) => href("schema", s.id)} by="-created" />
        : <Empty title="No schema yet">
            <p>Drop CSV, JSON, Parquet or Excel files above. Types, keys and references are measured from all rows; a model is asked, through this gateway, only what the data leaves open: in six calls at most, which wait their turn as any others do.</p>
          </Empty>}
      </Answer>
    </>
  );
}

const columns: Column<SchemaJob>[] = [
  { name: "name", title: "Schema", grow: true, sort: (s) => s.name, cell: (s) => <><span class="two">{s.name}</span>{s.sentence && <span class="two">{s.sentence}</span>}</> },
  { name: "state", title: "State", sort: (s) => s.state, cell: (s) => <Tag tone={tones[s.state]} tip={s.failure || undefined}>{s.state}</Tag> },
  { name: "files", title: "Files", right: true, from: 640, sort: (s) => s.inputs.length, cell: (s) => <span data-tip={s.inputs.map((f) => f.name).join(", ") || "none: from the description"}>{count(s.inputs.length, "file")}</span> },
  { name: "dialects", title: "For", from: 900, cell: (s) => <span class="sub">{s.dialects.join(", ")}</span> },
  { name: "took", title: "Took", right: true, from: 900, sort: (s) => took(s), cell: (s) => dur(took(s)) },
  { name: "created", title: "Made", right: true, sort: (s) => Date.parse(s.created), cell: (s) => <span data-tip={full(s.created)}>{ago(s.created, gatewayNow())}</span> },
];

const tones: Record<SchemaJob["state"], Tone> = { waiting: "info", running: "info", done: "ok", failed: "bad", cancelled: "mute", interrupted: "warn" };

function took(s: SchemaJob): number | null {
  return s.ended && s.started ? Date.parse(s.ended) - Date.parse(s.started) : null;
}
