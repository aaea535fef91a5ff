import { get } from "../../core/api";
import { command, server } from "../../core/cli";
import { clock, count, dur, full, num, usd } from "../../core/format";
import { useResource } from "../../core/resource";
import { go, href } from "../../core/router";
import { useKey } from "../../core/keys";
import type { Call, Run } from "../../core/types";
import { Button } from "../../ui/button";
import { Answer } from "../../ui/empty";
import { Head } from "../../ui/head";
import { Card, Stat } from "../../ui/stat";
import { Status } from "../../ui/status";
import { Timeline } from "./timeline";

/** OneRun is a run with its calls along the time that it took. */
export function OneRun({ id, tenant }: { id: string; tenant: string }) {
  const found = useResource(`${tenant}/${id}`, (signal) => get<{ run: Run; calls: Call[] }>(`runs/${encodeURIComponent(id)}`, { tenant }, signal), false);
  useKey("Escape", "Back to the list", () => go(href("runs")));
  return (
    <>
      <Head title={id} command={command("run show", [id], { tenant, ...server() })} note={<><a href={href("runs")}>Runs</a>{tenant && <> of tenant <a href={href("runs", "", { tenant })}>{tenant}</a></>}{found.data?.run.inferred && ", inferred from the trace"}</>}>
        <Button icon="refresh" onClick={found.reload}>Refresh</Button>
      </Head>
      <Answer of={found} rows={8}>{({ run: r, calls }) => (
        <>
          <dl class="stats">
            <Stat name="Outcome" value={<Status name={r.outcome} />}>{r.failed > 0 ? `${count(r.failed, "call")} not served` : "every call served"}</Stat>
            <Stat name="Took" value={dur(r.took_ms)} tip={`${full(r.first)} to ${full(r.last)}`}>from {clock(r.first)}</Stat>
            <Stat name="Waited" value={dur(r.queued_ms)}>{r.calls > 0 && `${dur(r.queued_ms / r.calls)} a call`}</Stat>
            <Stat name="Calls" value={num(r.calls)}>{num(calls.reduce((n, c) => n + c.attempts, 0))} attempts upstream</Stat>
            <Stat name="Tokens" value={num(r.usage.input_tokens + r.usage.cache_read_tokens + r.usage.cache_write_tokens + r.usage.output_tokens)}>{num(r.usage.output_tokens)} of them output</Stat>
            <Stat name="Cost" value={usd(r.cost_usd)}>{r.unpriced_calls > 0 ? `${num(r.unpriced_calls)} not priced` : "all priced"}</Stat>
          </dl>
          <Card title="Timeline" note={<span class="legend"><i class="waits" />waits <i class="opens" />to the first byte <i class="works" />answers</span>} flush>
            <Timeline calls={calls} />
          </Card>
        </>
      )}</Answer>
    </>
  );
}
