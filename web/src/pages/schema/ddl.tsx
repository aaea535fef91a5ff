import { refusal } from "../../core/api";
import { useResource } from "../../core/resource";
import { route, set } from "../../core/router";
import { Code } from "../../ui/button";
import { Answer } from "../../ui/empty";
import { Card } from "../../ui/stat";
import { Tag } from "../../ui/status";
import { Tabs } from "../../ui/tabs";
import type { SchemaJob } from "./types";
import { dialects, place } from "./words";

/** text is a file of a schema. */
async function text(id: string, name: string, signal: AbortSignal): Promise<string> {
  const at = place(id, name);
  const r = await fetch(at, { credentials: "same-origin", signal });
  if (!r.ok) throw await refusal(r, at);
  return r.text();
}

/** DDL is the statements that make the schema, for each database that was asked for. */
export function DDL({ s }: { s: SchemaJob }) {
  const there = dialects.filter(([d]) => s.files.some((f) => f.name === `ddl-${d}.sql`));
  const asked = route.value.query["dialect"];
  const dialect = there.find(([d]) => d === asked)?.[0] ?? there[0]?.[0] ?? "";
  const sql = useResource(`${s.id}/${dialect}`, (signal) => text(s.id, `ddl-${dialect}.sql`, signal), false);
  const tried = s.report?.verification.find((v) => v.dialect === dialect);
  if (!dialect) return <p class="soft">There is no DDL.</p>;
  return (
    <Card title="DDL" note={tried && <Tag tone={tried.executed ? (tried.findings.length ? "warn" : "ok") : "mute"} tip={tried.why}>{tried.executed ? `made and filled in ${tried.engine}` : `parsed by ${tried.engine}`}</Tag>} actions={
      <Tabs label="Database" value={dialect} options={there} onChange={(d) => set({ dialect: d })} />
    }>
      <div class="pad ddl"><Answer of={sql}>{(t) => <Code text={t} what="DDL copied" />}</Answer></div>
    </Card>
  );
}
