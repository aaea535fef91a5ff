import { Table, type Column } from "../../ui/table";
import type { SchemaJob } from "./types";
import { place, size } from "./words";

type Left = SchemaJob["files"][number] & { id: string };

const about: readonly (readonly [RegExp, string])[] = [
  [/^schema\.json$/, "The schema, with the evidence of each part"], [/^report\.(md|json)$/, "What was found, doubted and decided"],
  [/^er\./, "The diagram"], [/^ddl-/, "Makes the tables"], [/^load-.*\.sql$/, "Loads the rows"], [/^load-/, "The rows of a table"],
];

/** Everything is all files that were left, each to download. */
export function Everything({ s }: { s: SchemaJob }) {
  return <Table label="Files" rows={s.files.map((f) => ({ ...f, id: s.id }))} columns={columns} id={(f) => f.name} by="name" />;
}

const columns: Column<Left>[] = [
  { name: "name", title: "File", sort: (f) => f.name, cell: (f) => <a href={place(f.id, f.name)} download={f.name.split("/").pop()}><code>{f.name}</code></a> },
  { name: "about", title: "What it is", grow: true, from: 640, cell: (f) => <span class="sub">{about.find(([p]) => p.test(f.name))?.[1] ?? ""}</span> },
  { name: "bytes", title: "Size", right: true, sort: (f) => f.bytes, cell: (f) => size(f.bytes) },
];
