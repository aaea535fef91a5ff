import { useState } from "preact/hooks";
import { remove } from "../../core/api";
import { command, server } from "../../core/cli";
import { ago, count, full } from "../../core/format";
import { gatewayNow } from "../../core/live";
import { asProblem } from "../../core/resource";
import { go, href, route, set } from "../../core/router";
import { may } from "../../core/session";
import { Button } from "../../ui/button";
import { Answer } from "../../ui/empty";
import { Head } from "../../ui/head";
import { Banner, Tag } from "../../ui/status";
import { Tabs } from "../../ui/tabs";
import { toast } from "../../ui/toast";
import { DDL } from "./ddl";
import { Diagram } from "./diagram";
import { useSchema } from "./follow";
import { Everything } from "./left";
import { Figures, Report } from "./report";
import { Steps } from "./steps";
import { ended, type SchemaJob } from "./types";
import { place } from "./words";

/** One is a schema: how it comes to be, then what came of it. */
export function One({ id }: { id: string }) {
  const job = useSchema(id);
  const s = job.data;
  return (
    <>
      <p class="crumb"><a href={href("schema")}>Schemas</a></p>
      <Head title={s?.name || "Schema"} note={s && <Note s={s} />} command={command("schema generate", s?.inputs.map((f) => f.name) ?? [], { describe: s?.sentence ?? "", dialect: s && s.dialects.length < 3 ? s.dialects.join(",") : "", ...server() })}>
        {s && s.state === "done" && <a class="button primary" href={place(id, "").replace(/\/$/, ".zip")} download={`${s.name}.zip`}>Download all</a>}
        {s && may("operate") && <Away s={s} />}
      </Head>
      {job.broken && <Banner tone="warn" title="The gateway does not answer">What you see is how it last was. It is asked again.</Banner>}
      <Answer of={job}>{(d) => <Whole s={d} />}</Answer>
    </>
  );
}

function Note({ s }: { s: SchemaJob }) {
  return <>{s.sentence ? `“${s.sentence}” · ` : ""}{s.inputs.length ? count(s.inputs.length, "file") : "from the description alone"}, <span data-tip={full(s.created)}>{ago(s.created, gatewayNow())}</span></>;
}

function Away({ s }: { s: SchemaJob }) {
  const [busy, setBusy] = useState(false);
  const running = !ended(s);
  const act = async () => {
    setBusy(true);
    try {
      await remove(`schemas/${encodeURIComponent(s.id)}`);
      toast(running ? "Cancelled" : "Removed", s.name);
      go(href("schema"));
    } catch (e) {
      toast("That did not work", asProblem(e).message);
    } finally {
      setBusy(false);
    }
  };
  return <Button kind={running ? "danger" : "plain"} disabled={busy} onClick={() => void act()}>{running ? "Cancel" : "Remove"}</Button>;
}

function Whole({ s }: { s: SchemaJob }) {
  const show = route.value.query["show"] || (s.state === "done" ? "diagram" : "steps");
  const done = s.state === "done";
  const skipped = s.report?.skipped ?? [];
  return (
    <>
      {s.state === "failed" && <Banner tone="bad" title="No schema could be made">{s.failure}</Banner>}
      {s.state === "cancelled" && <Banner tone="mute" title="It was cancelled">Nothing of it is kept.</Banner>}
      {s.state === "interrupted" && <Banner tone="warn" title="It was interrupted">{s.failure}</Banner>}
      {s.state === "waiting" && <Banner tone="info" title={s.ahead > 0 ? `It waits: ${count(s.ahead, "schema")} before it` : "It begins soon"}>Two are made at a time.</Banner>}
      {skipped.length > 0 && (
        <Banner tone="warn" title={`${count(skipped.length, "file")} could not be read`}>
          <ul class="refused">{skipped.map((f) => <li key={f.source}><strong>{f.source}</strong>: {f.reason}</li>)}</ul>
        </Banner>
      )}
      {done && s.report && <Figures s={s} r={s.report} />}
      {done && (
        <div class="filters">
          <Tabs label="What of it" value={show} onChange={(v) => set({ show: v === "diagram" ? "" : v })} options={[["diagram", "Diagram"], ["ddl", "DDL"], ["report", "Report"], ["steps", "Steps"], ["files", `Files ${s.files.length}`]]} />
          {s.report?.judged === "nobody" && <Tag tone="info" tip="Names and references come from the data and from rules alone.">{"no model judged it"}</Tag>}
        </div>
      )}
      {!done || show === "steps" ? <Steps s={s} /> : show === "ddl" ? <DDL s={s} /> : show === "report" ? s.report && <Report r={s.report} /> : show === "files" ? <Everything s={s} /> : <Diagram s={s} />}
    </>
  );
}
