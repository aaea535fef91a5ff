import { ago, compact, count, dur, num } from "../../core/format";
import { gatewayNow } from "../../core/live";
import { href } from "../../core/router";
import type { Activity, RunNow } from "../../core/types";
import { Card } from "../../ui/stat";

const order = ["interactive", "standard", "batch"]; // who goes first

/** Classes is who waits and who runs, in the order in which they are served. */
export function Classes({ activity }: { activity: readonly Activity[] }) {
  const names = [...new Set([...order, ...activity.map((a) => a.class)])];
  const sums = names.map((name) => {
    const mine = activity.filter((a) => a.class === name);
    const sum = (f: (a: Activity) => number) => mine.reduce((n, a) => n + f(a), 0);
    return { name, waiting: sum((a) => a.waiting), running: sum((a) => a.running), held: sum((a) => a.held_quota_tokens) };
  });
  const most = Math.max(1, ...sums.map((s) => s.waiting + s.running));
  return (
    <Card title="Waiting and running" note="by class" flush>
      <table class="classes">
        <thead><tr><th scope="col">Class</th><th scope="col"><span class="offstage">Share</span></th><th scope="col" class="right">Waiting</th><th scope="col" class="right">Running</th><th scope="col" class="right" data-tip="Quota tokens set aside for calls that run">Held</th></tr></thead>
        <tbody>
          {sums.map((s) => (
            <tr key={s.name}>
              <th scope="row">{s.name}</th>
              <td class="bar" aria-hidden="true"><i class="running" style={{ width: `${(100 * s.running) / most}%` }} /><i class="waiting" style={{ width: `${(100 * s.waiting) / most}%` }} /></td>
              <td class={`right ${s.waiting ? "wait" : "soft"}`}>{num(s.waiting)}</td>
              <td class={`right ${s.running ? "run" : "soft"}`}>{num(s.running)}</td>
              <td class="right soft">{compact(s.held)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

/** RunsNow are the runs that have begun and are not done. */
export function RunsNow({ runs, total }: { runs: readonly RunNow[]; total: number }) {
  return (
    <Card title="Runs in progress" note={num(total)} actions={<a class="soft" href={href("runs")}>All runs</a>} flush>
      {runs.length === 0 ? (
        <p class="pad soft">None now. Calls that belong together say so with the header <code>x-headgate-run</code>: then a run that has begun goes before one that has not.</p>
      ) : (
        <ul class="runs-now">
          {runs.slice(0, 6).map((r) => (
            <li key={`${r.tenant}/${r.id}`}>
              <a class="grow" href={href("runs", r.id, { tenant: r.tenant })}>
                <span class="two">{r.id}</span>
                <span class="two">{r.tenant && `${r.tenant} · `}began {ago(r.begun, gatewayNow())}</span>
              </a>
              <span class="right num">
                <span class="two">{count(r.calls, "call")}</span>
                <span class="two">waited {dur(r.queued_ms)}</span>
              </span>
            </li>
          ))}
          {total > 6 && <li class="soft">and {num(total - Math.min(6, runs.length))} more</li>}
        </ul>
      )}
    </Card>
  );
}
