import { useKey } from "../../core/keys";
import { dur, modelName, scale, span } from "../../core/format";
import { href } from "../../core/router";
import type { Call } from "../../core/types";
import { Status } from "../../ui/status";

/** begun is when a call came, in ms. */
function begun(c: Call): number {
  return Date.parse(c.time);
}

/** Timeline draws each call from its arrival to its end: what it waited, how long the first byte took, and the rest. */
export function Timeline({ calls }: { calls: readonly Call[] }) {
  const rows = [...calls].sort((a, b) => begun(a) - begun(b));
  const from = Math.min(...rows.map(begun));
  const whole = Math.max(1, ...rows.map((c) => begun(c) + c.latency_ms - from));
  const at = (ms: number) => `${(100 * ms) / whole}%`;
  const marks = places(whole * scale.value).map((nominal) => nominal / scale.value);
  const move = (step: number) => {
    const links = [...document.querySelectorAll<HTMLElement>(".timeline a")];
    const i = links.findIndex((l) => l === document.activeElement);
    links[i < 0 ? 0 : Math.max(0, Math.min(links.length - 1, i + step))]?.focus();
  };
  useKey("j", "Next call", () => move(1));
  useKey("k", "Previous call", () => move(-1));
  return (
    <div class="timeline">
      <div class="axis" aria-hidden="true"><span /><div>{marks.map((m) => <span key={m} style={{ left: at(m) }}>{span(m * scale.value)}</span>)}</div></div>
      <ol>
        {rows.map((c) => {
          const start = begun(c) - from;
          const queued = Math.min(c.queued_ms, c.latency_ms);
          // An answer that is not streamed comes whole: its first byte tells nothing.
          const first = c.operation.includes("stream") && c.first_byte_ms > 0 ? Math.max(queued, Math.min(c.latency_ms, c.first_byte_ms)) : queued;
          const says = `${modelName(c.pool.model || c.model_id)}: waited ${dur(queued)}, took ${dur(c.latency_ms)}${c.reason ? `. ${c.reason}` : ""}`;
          return (
            <li key={c.id}>
              <a href={href("calls", c.id, { run: c.run, tenant: c.tenant })} data-tip={says}>
                <span class="name"><Status name={c.outcome} /> <span class="sub">{modelName(c.pool.model || c.model_id)}</span></span>
                <span class="lane">
                  {marks.map((m) => <i key={m} class="mark-at" style={{ left: at(m) }} />)}
                  {queued > 0 && <i class="waits" style={{ left: at(start), width: at(queued) }} />}
                  {first > queued && <i class="opens" style={{ left: at(start + queued), width: at(first - queued) }} />}
                  {c.latency_ms > first && <i class="works" style={{ left: at(start + first), width: at(c.latency_ms - first) }} />}
                </span>
                <span class="num sub">{dur(c.latency_ms)}</span>
              </a>
            </li>
          );
        })}
      </ol>
    </div>
  );
}

const rounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 216e5, 864e5];

// places are round times along a length, at most six.
function places(whole: number): number[] {
  const step = rounds.find((r) => whole / r <= 6) ?? whole / 4;
  return Array.from({ length: Math.floor(whole / step) + 1 }, (_, i) => i * step);
}
