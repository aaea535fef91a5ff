import { useEffect, useRef, useState } from "preact/hooks";
import { command, server } from "../../core/cli";
import { count } from "../../core/format";
import { asProblem } from "../../core/resource";
import { go, href } from "../../core/router";
import { upload } from "../../core/upload";
import { Button, CopyAsCLI } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Banner } from "../../ui/status";
import { Files, type Picked, pick } from "./files";
import { dialects, size } from "./words";

const accept = ".csv,.tsv,.txt,.json,.jsonl,.ndjson,.parquet,.xlsx,.gz,.bz2,.zst,.xz,.zip";

/** MakeOne takes files, a sentence and what the schema is for, and sends them off. */
export function MakeOne({ most }: { most: number | undefined }) {
  const [files, setFiles] = useState<Picked[]>([]);
  const [sentence, setSentence] = useState("");
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<string[]>(dialects.map(([d]) => d));
  const [ask, setAsk] = useState(true);
  const [sent, setSent] = useState<number | null>(null); // share of the upload; null: none is under way
  const [problem, setProblem] = useState<{ title: string; text: string } | null>(null);
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const broken = useRef<AbortController | null>(null);
  useEffect(() => () => broken.current?.abort(), []);

  const good = files.filter((f) => !f.fault);
  const bytes = good.reduce((n, f) => n + f.file.size, 0);
  const large = most !== undefined && bytes > most;
  const ready = (good.length > 0 || (files.length === 0 && sentence.trim() !== "")) && chosen.length > 0 && !large && sent === null;
  const add = (list: FileList | null) => list && setFiles((old) => pick(old, [...list]));
  const toggle = (d: string) => setChosen((old) => old.includes(d) ? old.filter((x) => x !== d) : [...old, d]);

  const submit = async (e: Event) => {
    e.preventDefault();
    if (!ready) return;
    const form = new FormData();
    if (sentence.trim()) form.set("sentence", sentence.trim());
    if (name.trim()) form.set("name", name.trim());
    for (const [d] of dialects) if (chosen.includes(d)) form.append("dialect", d);
    if (!ask) form.set("offline", "true");
    for (const f of good) form.append("files", f.file, f.file.name);
    setProblem(null);
    setSent(0);
    broken.current = new AbortController();
    try {
      const made = await upload<{ id: string }>("schemas", form, setSent, broken.current.signal);
      go(href("schema", made.id));
    } catch (x) {
      if (x instanceof DOMException) return;
      const p = asProblem(x);
      // What is said of a file by its name is shown at the file.
      const at = files.find((f) => p.detail.includes(f.file.name));
      if (at) setFiles((old) => old.map((f) => f === at ? { ...f, fault: p.detail } : f));
      else setProblem({ title: p.title, text: p.detail });
    } finally {
      setSent(null);
    }
  };

  return (
    <form class="card make" onSubmit={(e) => void submit(e)} aria-label="A new schema">
      <label class={`drop${over ? " over" : ""}`}
        onDragOver={(e) => { e.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
        onDrop={(e) => { e.preventDefault(); setOver(false); add(e.dataTransfer?.files ?? null); }}>
        <input ref={input} type="file" multiple accept={accept} class="offstage" onChange={(e) => { add(e.currentTarget.files); e.currentTarget.value = ""; }} />
        <Icon name="schema" size={28} />
        <strong>Drop sample files here, or choose them</strong>
        <span class="soft">CSV, JSON, Parquet, Excel; packed or not. They stay on the machine that the gateway runs on.</span>
      </label>
      <div class="order">
        <Files list={files} onRemove={(f) => setFiles((old) => old.filter((x) => x !== f))} />
        <label class="field">
          <span>What is the data about? <span class="soft">{files.length ? "A sentence helps to name things." : "Without files, the schema is made of this alone."}</span></span>
          <textarea rows={2} value={sentence} maxLength={4000} onInput={(e) => setSentence(e.currentTarget.value)} placeholder={files.length ? "Orders of an online shop, with their items" : "Book: isbn, title; Reader: name; Loan: book, reader, day"} />
        </label>
        <div class="row wrap-row ways">
          <input class="named" aria-label="Name of the schema" value={name} maxLength={60} onInput={(e) => setName(e.currentTarget.value)} placeholder="Name: that of the first file" autocomplete="off" spellcheck={false} />
          <fieldset class="checks">
            <legend class="offstage">For which databases</legend>
            {dialects.map(([d, title]) => (
              <label key={d} class={chosen.includes(d) ? "on" : ""}><input type="checkbox" checked={chosen.includes(d)} onChange={() => toggle(d)} />{title}</label>
            ))}
          </fieldset>
          <label class="tick" data-tip="At most six calls, through this gateway: they wait for quota as any others. Without, names and doubtful references come from rules."><input type="checkbox" checked={ask} onChange={() => setAsk(!ask)} />Ask a model what the data leaves open</label>
        </div>
        {problem && <Banner tone="bad" title={problem.title}>{problem.text}</Banner>}
        <div class="row wrap-row">
          <Button type="submit" kind="primary" disabled={!ready}>{sent === null ? "Make the schema" : sent < 1 ? "Sending…" : "Reading…"}</Button>
          {sent !== null && <Sending share={sent} bytes={bytes} onStop={() => broken.current?.abort()} />}
          {sent === null && files.length > 0 && <CopyAsCLI command={command("schema generate", good.map((f) => f.file.name), { name: name.trim(), describe: sentence.trim(), dialect: chosen.length < dialects.length ? chosen.join(",") : "", ...server() })} />}
          {large && <span class="wrong" role="alert">{size(bytes)} are more than the {size(most)} that the gateway takes: a part of the rows is enough.</span>}
          {chosen.length === 0 && <span class="wrong">Choose a database at least.</span>}
          {files.length > good.length && good.length > 0 && <span class="soft">{count(files.length - good.length, "file")} left out.</span>}
        </div>
      </div>
    </form>
  );
}

function Sending({ share, bytes, onStop }: { share: number; bytes: number; onStop: () => void }) {
  const part = Math.round(share * 100);
  return (
    <>
      <span class="sending" role="progressbar" aria-label="Upload" aria-valuenow={part} aria-valuemin={0} aria-valuemax={100}><i style={{ transform: `scaleX(${share})` }} /></span>
      <span class="soft">{part} % of {size(bytes)}</span>
      <Button kind="quiet" onClick={onStop}>Stop</Button>
    </>
  );
}

