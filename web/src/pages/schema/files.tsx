import { Button } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { size } from "./words";

/** Picked is a file to send, or one that cannot be used, with why. */
export interface Picked {
  file: File;
  fault: string;
}

const known = /\.(csv|tsv|txt|json|jsonl|ndjson|parquet|xlsx)(\.(gz|bz2|zst|xz))?$|\.zip$/i;
const old: Record<string, string> = {
  xls: "Excel's old format: save it as .xlsx, or as CSV", ods: "save it as .xlsx, or as CSV", pdf: "a PDF has no tables that can be measured: export them as CSV",
  sql: "SQL is not read: export the rows as CSV", db: "a database is not read: export its tables as CSV", sqlite: "a database is not read: export its tables as CSV",
};

/** pick adds files, without those that are there already. */
export function pick(before: readonly Picked[], files: readonly File[]): Picked[] {
  const fresh = files.filter((f) => !before.some((b) => b.file.name === f.name && b.file.size === f.size));
  return [...before, ...fresh.map((file) => ({ file, fault: faultOf(file, before) }))];
}

function faultOf(f: File, before: readonly Picked[]): string {
  if (f.size === 0) return "It is empty: there is nothing to measure.";
  if (before.some((b) => b.file.name === f.name)) return "Another file of this name is there: rename one of them.";
  if (known.test(f.name)) return "";
  const end = /\.([^.]+)$/.exec(f.name)?.[1]?.toLowerCase() ?? "";
  return `${end ? `.${end} is not a format that is read` : "Its name does not say what it is"}: ${old[end] ?? "CSV, TSV, JSON, JSON lines, Parquet and .xlsx are"}.`;
}

/** Files are those that were chosen, each with what is wrong with it. */
export function Files({ list, onRemove }: { list: readonly Picked[]; onRemove: (f: Picked) => void }) {
  if (list.length === 0) return null;
  return (
    <ul class="picked" aria-label="Files">
      {list.map((f) => (
        <li key={`${f.file.name}/${f.file.size}`} class={f.fault ? "bad" : ""}>
          <Icon name={f.fault ? "warn" : "table"} />
          <span class="grow"><span class="two">{f.file.name}</span>{f.fault && <span class="two wrong" role="alert">{f.fault}</span>}</span>
          <span class="soft num">{size(f.file.size)}</span>
          <Button kind="quiet" icon="close" label={`Leave ${f.file.name} out`} onClick={() => onRemove(f)} />
        </li>
      ))}
    </ul>
  );
}
