import { get, Problem } from "../../core/api";
import { command, server } from "../../core/cli";
import { dur, full, limitName, modelName, num, usd, words } from "../../core/format";
import { useResource } from "../../core/resource";
import { href } from "../../core/router";
import type { Call, Explanation } from "../../core/types";
import { CopyAsCLI } from "../../ui/button";
import { Drawer } from "../../ui/drawer";
import { Answer } from "../../ui/empty";
import { poolText } from "../../ui/pool";
import { Fields } from "../../ui/stat";
import { Status, toneOf } from "../../ui/status";

/** Detail is one call: in words why it went as it went, and all that the ledger has of it. */
export function Detail({ id, onClose }: { id: string; onClose: () => void }) {
  const found = useResource(id, (signal) => explained(id, signal), false);
  return (
    <Drawer title={<code>{id}</code>} sub={found.data && `Came ${full(found.data.call.time)}`} onClose={onClose} actions={<CopyAsCLI command={command("call explain", [id], server())} />}>
      <Answer of={found} rows={8}>{(e) => <All e={e} />}</Answer>
    </Drawer>
  );
}

// What has no explanation is still a call.
async function explained(id: string, signal: AbortSignal): Promise<Explanation> {
  try {
    return await get<Explanation>(`calls/${encodeURIComponent(id)}/explanation`, undefined, signal);
  } catch (e) {
    if (!(e instanceof Problem) || (e.status !== 404 && e.status !== 501)) throw e;
    return { call: await get<Call>(`calls/${encodeURIComponent(id)}`, undefined, signal), summary: "", steps: [] };
  }
}

function All({ e: { call: c, summary, steps } }: { e: Explanation }) {
  return (
    <>
      <div class="row wrap-row"><Status name={c.outcome} />{c.status > 0 && <span class="soft">status {c.status}</span>}</div>
      {summary && <p class="summary">{summary}</p>}
      {steps.length > 0 && (
        <ol class="story">
          {steps.map((s, i) => (
            <li key={i} class={s.what === "queued" ? "wait" : toneOf(s.what)}>
              <span class="soft num">{dur(s.at_ms)}</span>
              <div>
                <strong>{words(s.what)}</strong>{s.took_ms > 0 && <span class="soft"> for {dur(s.took_ms)}</span>}
                <p>{s.text}</p>
              </div>
            </li>
          ))}
        </ol>
      )}
      {c.error_message && steps.length === 0 && <p class="wrong">{c.error_message}</p>}
      <h3>Figures</h3>
      <Fields rows={[
        ["Waited", dur(c.queued_ms) + (c.limit ? `, for ${limitName(c.limit).toLowerCase()}` : "")],
        ["Reason", c.reason],
        ["First byte", c.first_byte_ms > 0 ? dur(c.first_byte_ms) : ""],
        ["Took", dur(c.latency_ms)],
        ["Attempts", `${num(c.attempts)} upstream${c.joined_retries > 0 ? `; the client came back ${num(c.joined_retries)} times and took up its place` : ""}`],
        ["Throttled", c.throttled_requests + c.throttled_tokens + c.throttled_day > 0 ? `${num(c.throttled_requests)} by requests, ${num(c.throttled_tokens)} by tokens, ${num(c.throttled_day)} by the day` : ""],
        ["Tokens", `${num(c.usage.input_tokens)} in, ${num(c.usage.output_tokens)} out`],
        ["Prompt cache", c.usage.cache_read_tokens + c.usage.cache_write_tokens > 0 ? `${num(c.usage.cache_read_tokens)} read, ${num(c.usage.cache_write_tokens)} written` : ""],
        ["Quota tokens", `${num(c.hold_quota_tokens)} held, ${num(c.forecast_quota_tokens)} expected, ${num(c.settled_quota_tokens)} settled`],
        ["Cost", `${usd(c.cost_usd)}${c.cost_usd === null ? " not known" : ""}${c.price_as_of ? `, prices of ${c.price_as_of}` : ""}`],
        ["Error", c.error_message && `${words(c.error_kind)}: ${c.error_message}`],
      ]} />
      <h3>Who and where</h3>
      <Fields rows={[
        ["Model", <span data-tip={c.model_id}>{modelName(c.pool.model || c.model_id)}</span>],
        ["Pool", <code>{poolText(c.pool)}</code>],
        ["Operation", c.operation],
        ["Class", c.class],
        ["Tenant", c.tenant && <a href={href("calls", "", { tenant: c.tenant })}>{c.tenant}</a>],
        ["Run", c.run && <><a href={href("runs", c.run, { tenant: c.tenant })}>{c.run}</a>{c.run_inferred && <span class="soft"> inferred</span>}</>],
        ["Client", c.client],
        ["Principal", c.principal],
        ["Cache", c.cache && words(c.cache)],
      ]} />
    </>
  );
}
