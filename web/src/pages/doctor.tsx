import { get } from "../core/api";
import { command, server } from "../core/cli";
import { ago, count, full, sentence, words } from "../core/format";
import { gatewayNow } from "../core/live";
import { useResource } from "../core/resource";
import { route } from "../core/router";
import { Button, Code } from "../ui/button";
import { Answer } from "../ui/empty";
import { Choice } from "../ui/filter";
import { Head } from "../ui/head";
import { Card } from "../ui/stat";
import { Banner, Tag, type Tone } from "../ui/status";
import type { Page } from "./page";

export const doctorPage: Page = { name: "doctor", title: "Doctor", key: "d", icon: "doctor", view: () => <View /> };

type Severity = "error" | "warning" | "info";

interface Finding {
  severity: Severity;
  id: string;
  about: string;
  evidence: string;
  why: string;
  mend: string;
}

interface Diagnosis {
  account: string;
  region: string;
  findings: Finding[];
  checked: string[];
  not_checked: { check: string; reason: string }[];
  at: string; // when it was looked at
  age_ms: number;
}

const severities: readonly (readonly [Severity, Tone, one: string, says: string])[] = [
  ["error", "bad", "error", "Calls fail, or will"],
  ["warning", "warn", "warning", "Calls are slower, dearer or fewer than they need be"],
  ["info", "info", "note", "Worth knowing"],
];

const windows: Record<string, number> = { "1h": 3600, "7d": 7 * 86_400 };

function View() {
  const since = route.value.query["since"] ?? "";
  const d = useResource(`doctor/${since}`, (signal) => get<Diagnosis>("doctor", { window_seconds: windows[since] }, signal));
  return (
    <>
      <Head title="Doctor" note={d.data ? <>Looked at <span data-tip={full(d.data.at)}>{ago(d.data.at, gatewayNow())}</span>{d.data.account && `, account ${d.data.account} in ${d.data.region}`}</> : "What is wrong, why, and the command that mends it"} command={command("doctor", [], { since: since === "7d" ? "168h" : since, ...server() })}>
        <Choice name="since" label="Calls of" options={[["", "Calls of a day"], ["1h", "Calls of an hour"], ["7d", "Calls of a week"]]} />
        <Button icon="refresh" kind="primary" disabled={d.loading} onClick={d.reload}>{d.loading ? "Looking…" : "Look again"}</Button>
      </Head>
      <Answer of={d}>{(r) => <Found r={r} />}</Answer>
    </>
  );
}

function Found({ r }: { r: Diagnosis }) {
  const bad = r.findings.filter((f) => f.severity === "error").length;
  const warn = r.findings.filter((f) => f.severity === "warning").length;
  const looked = count(r.checked.length, "check");
  return (
    <>
      {bad > 0 ? <Banner tone="bad" title={`${count(bad, "error")}${warn ? ` and ${count(warn, "warning")}` : ""}`}>Mend the errors first: until then calls fail, or will.</Banner>
        : warn > 0 ? <Banner tone="warn" title={count(warn, "warning")}>Calls go through. What is below makes them slower, dearer or fewer than they need be.</Banner>
        : <Banner tone="ok" title="All is well">{looked} found nothing that needs to be done{r.findings.length ? `, and ${count(r.findings.length, "thing")} worth knowing` : ""}.</Banner>}
      {severities.map(([severity, tone, one, says]) => {
        const mine = r.findings.filter((f) => f.severity === severity);
        return mine.length > 0 && (
          <section class="findings" key={severity} aria-label={`${one}s`}>
            <h2><Tag tone={tone}>{count(mine.length, one)}</Tag> <span class="soft">{says}</span></h2>
            {kinds(mine).map(([id, found]) => <Kind key={id} found={found} tone={tone} />)}
          </section>
        );
      })}
      <Card title="What was looked at" note={`${looked}${r.not_checked.length ? `, ${r.not_checked.length} could not be made` : ""}`}>
        <div class="pad">
          <p class="checked">{r.checked.map((c) => <Tag key={c} tone={r.findings.some((f) => f.id.startsWith(`${c}.`) && f.severity !== "info") ? "warn" : "ok"}>{words(c)}</Tag>)}</p>
          {r.not_checked.length > 0 && <ul class="lines bare">{reasons(r).map(([reason, checks]) => <li key={reason}><strong>{checks.map(words).join(", ")}</strong>: {reason}</li>)}</ul>}
        </div>
      </Card>
    </>
  );
}

/** kinds are findings by what they are, in their order. */
function kinds(all: readonly Finding[]): [string, Finding[]][] {
  const found = new Map<string, Finding[]>();
  for (const f of all) found.set(f.id, [...(found.get(f.id) ?? []), f]);
  return [...found];
}

/** Kind is findings of one kind: the first, and the others folded where they are many. */
function Kind({ found, tone }: { found: readonly Finding[]; tone: Tone }) {
  const shown = found.length > 2 ? 1 : found.length;
  return (
    <>
      {found.slice(0, shown).map((f) => <One key={f.about} f={f} tone={tone} />)}
      {found.length > shown && (
        <details class="more-of-it">
          <summary>{count(found.length - shown, "more of this kind", "more of this kind")}</summary>
          {found.slice(shown).map((f) => <One key={f.about} f={f} tone={tone} />)}
        </details>
      )}
    </>
  );
}

function reasons(r: Diagnosis): [string, string[]][] {
  const found = new Map<string, string[]>();
  for (const u of r.not_checked) found.set(u.reason, [...(found.get(u.reason) ?? []), u.check]);
  return [...found];
}

function One({ f, tone }: { f: Finding; tone: Tone }) {
  return (
    <article class={`card finding ${tone}`}>
      <h3>{sentence(f.evidence)}</h3>
      <p>{sentence(f.why)}.</p>
      {f.mend && <Code text={f.mend} what="Command copied" />}
      <p class="soft"><code>{f.id}</code>{f.about && <> · <span class="wrap">{f.about}</span></>}</p>
    </article>
  );
}
