import { useEffect, useState } from "preact/hooks";
import { post } from "../../core/api";
import { command } from "../../core/cli";
import { count } from "../../core/format";
import { asProblem } from "../../core/resource";
import { Button, CopyAsCLI } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Loading } from "../../ui/empty";
import { Banner, Tag, type Tone } from "../../ui/status";
import { toast } from "../../ui/toast";
import type { Applied } from "./types";

const did: Record<string, [Tone, would: string, done: string]> = {
  create: ["info", "would make", "made"], update: ["warn", "would change", "changed"], delete: ["bad", "would delete", "deleted"],
  leave: ["ok", "as planned", "as planned"], "left-over": ["mute", "left over", "left over"],
};

const works = ["create", "update", "delete"];

/** Apply previews what would be made in CloudWatch for some models (none: all that are known), and makes it once that has been typed. */
export function Apply({ models, onClose, onDone }: { models: readonly string[]; onClose: () => void; onDone: () => void }) {
  const [topic, setTopic] = useState("");
  const [prune, setPrune] = useState(false);
  const [report, setReport] = useState<Applied | null>(null);
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(true);
  const [problem, setProblem] = useState("");

  const send = async (how: { dry_run: true } | { confirm: true }, change: { topic?: string; prune?: boolean } = {}) => {
    const t = change.topic ?? topic;
    setBusy(true);
    setProblem("");
    try {
      const r = await post<Applied>("alarms", { ...how, ...(models.length > 0 && { models }), prune: change.prune ?? prune, ...(t.trim() && { topic: t.trim() }) });
      setReport(r);
      setTyped("");
      if (!r.dry_run) {
        toast("Applied", `${count(r.alarms.filter((a) => a.done).length, "alarm")} done`);
        onDone();
      }
    } catch (e) {
      setProblem(asProblem(e).message);
    } finally {
      setBusy(false);
    }
  };
  useEffect(() => void send({ dry_run: true }), []);

  const todo = report?.alarms.filter((a) => works.includes(a.do)) ?? [];
  const word = `apply ${todo.length}`;
  const preview = report?.dry_run !== false;
  return (
    <Dialog wide title="Apply the plan of alarms" onClose={onClose}>
      <div class="stack">
        <p class="soft">{models.length > 0 ? `For ${models.join(", ")} and the account.` : "For every pool that is known."} CloudWatch charges for each alarm, each month.</p>
        <form onSubmit={(e) => { e.preventDefault(); void send({ dry_run: true }); }}>
          <label class="field">
            <span>SNS topic to tell <span class="soft">an ARN; empty: alarms ring, and tell nobody</span></span>
            <input value={topic} onInput={(e) => setTopic(e.currentTarget.value)} onBlur={() => report && void send({ dry_run: true })} placeholder="arn:aws:sns:us-east-1:123456789012:alerts" autocomplete="off" spellcheck={false} />
          </label>
          <label class="tick"><input type="checkbox" checked={prune} onChange={() => { setPrune(!prune); void send({ dry_run: true }, { prune: !prune }); }} />Delete alarms of Headgate that are not planned any more</label>
        </form>
        {problem && <Banner tone="bad" title="That did not work">{problem}</Banner>}
        {!report ? busy && <Loading rows={4} /> : (
          <>
            {report.missing.map((m) => <Banner key={m} tone="warn" title="Not all could be compared">{m}</Banner>)}
            {preview && <p><strong>{todo.length ? `Preview: ${count(todo.length, "alarm")} would change.` : "Nothing is to be done."}</strong> <span class="soft">Nothing has been sent.</span></p>}
            {!preview && <Banner tone={report.alarms.some((a) => a.error) ? "bad" : "ok"} title={report.alarms.some((a) => a.error) ? "Not all of it was done" : "Done"}>{count(report.alarms.filter((a) => a.done).length, "alarm")} changed. Applying again goes on where this ended.</Banner>}
            <ul class="changes" tabIndex={0} aria-label="Changes">
              {[...report.alarms].sort((a, b) => works.indexOf(b.do) - works.indexOf(a.do)).map((a) => {
                const [tone, would, done] = did[a.do] ?? ["mute", a.do, a.do];
                return <li key={a.name}><Tag tone={a.error ? "bad" : tone} tip={a.error || undefined}>{a.error ? "failed" : preview || !a.done ? would : done}</Tag><span class="grow wrap">{a.name}{a.error ? <span class="wrong"> {a.error}</span> : a.differs.length > 0 && <span class="soft"> {a.differs.join(", ")}</span>}</span></li>;
              })}
            </ul>
            {preview && todo.length > 0 && (
              <form class="file" onSubmit={(e) => { e.preventDefault(); if (typed.trim() === word) void send({ confirm: true }); }}>
                <label class="field">
                  <span>To make them in account {report.account || "(not known)"}, {report.region}, type <code>{word}</code></span>
                  <input value={typed} onInput={(e) => setTyped(e.currentTarget.value)} placeholder={word} autocomplete="off" spellcheck={false} />
                </label>
                <div class="row wrap-row">
                  <Button type="submit" kind="primary" disabled={busy || typed.trim() !== word}>{busy ? "Asking AWS…" : "Apply"}</Button>
                  <CopyAsCLI command={command("alarm apply", [], { "dry-run": true, model: models.join(","), topic: topic.trim(), prune })} />
                </div>
              </form>
            )}
          </>
        )}
      </div>
    </Dialog>
  );
}
