import { useState } from "preact/hooks";
import { post } from "../../core/api";
import { command } from "../../core/cli";
import { full, limitName, limitUnit, modelName, num, words } from "../../core/format";
import { asProblem } from "../../core/resource";
import type { Quota, RequestItem, RequestReport } from "../../core/types";
import { Button, Code, CopyAsCLI } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Fields } from "../../ui/stat";
import { Banner } from "../../ui/status";

// What is likely wanted: the default where less is applied, else half as much again.
function proposal(q: Quota): number {
  if (q.default !== null && q.default > q.applied) return q.default + (q.applied > 0 ? 1 : 0);
  return Math.ceil(Math.max(1, q.applied) * 1.5);
}

/** Ask previews a request for more, and files it once its code has been typed. */
export function Ask({ q, onClose }: { q: Quota; onClose: () => void }) {
  const [value, setValue] = useState(String(proposal(q)));
  const [preview, setPreview] = useState<RequestItem | null>(null);
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const desired = Number(value.replaceAll(",", ""));
  const valid = Number.isFinite(desired) && desired > 0;

  const send = async (dry_run: boolean) => {
    setBusy(true);
    setProblem("");
    try {
      const r = await post<RequestReport>("quota-requests", { code: q.code, value: desired, dry_run });
      setPreview(r.requests[0] ?? null);
    } catch (e) {
      setProblem(asProblem(e).message);
    } finally {
      setBusy(false);
    }
  };
  const submit = (e: Event) => {
    e.preventDefault();
    if (valid) void send(true);
  };
  const filed = preview?.state === "filed";
  return (
    <Dialog wide title={`Request more ${limitName(q.limit).toLowerCase()} of ${modelName(q.pool.model)}`} onClose={onClose}>
      <div class="stack">
        <Fields rows={[["Quota", `${q.code}  ${q.name}`], ["Applied", `${num(q.applied)} ${limitUnit(q.limit)}`], ["AWS default", q.default === null ? "" : `${num(q.default)} ${limitUnit(q.limit)}`]]} />
        {!filed && (
          <form onSubmit={submit}>
            <label class="field">
              <span>Ask for, {limitUnit(q.limit)}</span>
              <input inputMode="numeric" value={value} onInput={(e) => { setValue(e.currentTarget.value); setPreview(null); setTyped(""); }} aria-invalid={!valid} />
            </label>
            <div class="row">
              <Button type="submit" kind={preview ? "plain" : "primary"} disabled={!valid || busy}>{busy && !preview ? "Checking…" : "Preview"}</Button>
              <CopyAsCLI command={command("quota request", [q.code, String(valid ? desired : "N")], { "dry-run": true })} />
              <span class="soft">Nothing is sent to AWS by a preview.</span>
            </div>
          </form>
        )}
        {problem && <Banner tone="bad" title="That did not work">{problem}</Banner>}
        {preview && <Outcome p={preview} />}
        {preview?.state === "would_file" && (
          <form class="file" onSubmit={(e) => { e.preventDefault(); if (typed.trim().toUpperCase() === q.code) void send(false); }}>
            <label class="field">
              <span>To file it with AWS, type the code {q.code}</span>
              <input value={typed} onInput={(e) => setTyped(e.currentTarget.value)} placeholder={q.code} autocomplete="off" spellcheck={false} />
            </label>
            <Button type="submit" kind="primary" disabled={busy || typed.trim().toUpperCase() !== q.code}>{busy ? "Filing…" : "File the request"}</Button>
          </form>
        )}
      </div>
    </Dialog>
  );
}

/** Outcome is what AWS would say, or has said, and what speaks for the request. */
function Outcome({ p }: { p: RequestItem }) {
  const unit = limitUnit(p.limit);
  return (
    <>
      {p.state === "filed" && p.request && <Banner tone="ok" title={`AWS has taken the request: ${p.request.id}`}>It is {words(p.request.status).toLowerCase()}. Headgate follows it and adopts what is granted.</Banner>}
      {p.state === "would_file" && <Banner tone="ok" title="AWS would take this request">Every check that can be made here passes.</Banner>}
      {p.state === "failed" && <Banner tone="bad" title="AWS did not take the request" />}
      {p.refusals.map((r) => <Banner key={r.reason} tone="warn" title={r.text}>{r.cure}</Banner>)}
      <Fields rows={[
        ["Gives", p.gives && `${num(p.gives.calls_after)} calls a ${p.gives.per}, now ${num(p.gives.calls_before)}; then ${words(p.gives.binds)} binds`],
        ["Measured", p.evidence && `${num(p.evidence.calls)} calls since ${full(p.evidence.since)}: at the peak ${num(p.evidence.requests_per_minute.peak)} requests and ${num(p.evidence.tokens_per_minute.peak)} tokens a minute`],
        ["Asked", `${num(p.desired)} ${unit}`],
      ]} />
      {p.justification && <Text title="What AWS will be told when it asks" text={p.justification} />}
      {p.support_case && (
        <>
          <h3>How to open the Support case</h3>
          <ol class="steps">{p.support_case.how_to_open.map((s) => <li key={s}>{s}</li>)}</ol>
          <Text title={p.support_case.subject} text={p.support_case.body} />
        </>
      )}
      {!p.complete && (p.justification || p.support_case) && <p class="soft">The text has gaps. The command fills them: <code>--use-case</code> says what the application does.</p>}
    </>
  );
}

function Text({ title, text }: { title: string; text: string }) {
  return (
    <details>
      <summary>{title}</summary>
      <Code text={text} />
    </details>
  );
}
