import { useEffect, useState } from "preact/hooks";
import { get } from "../../core/api";
import { command } from "../../core/cli";
import { count, num, sentence } from "../../core/format";
import { useResource } from "../../core/resource";
import { href } from "../../core/router";
import { Code, CopyAsCLI } from "../../ui/button";
import { Answer } from "../../ui/empty";
import { Card } from "../../ui/stat";
import { Tag, type Tone } from "../../ui/status";
import { flags, params } from "./state";
import type { Advice, Asked, Recommendation } from "./types";
import { limitTitle, perMinute } from "./words";

const urgency: Record<number, [Tone, string]> = { 0: ["ok", "enough"], 1: ["bad", "needed now"], 2: ["warn", "needed soon"] };
const ways: Record<Advice["how"], string> = {
  request: "Service Quotas takes the request", "support-case": "Service Quotas refuses it: AWS Support may grant it", none: "nothing to ask for", wait: "a request is open: another is refused",
};

/** AskFor is which quotas to raise for the workload, and what helps without. */
export function AskFor({ body }: { body: Asked }) {
  const wanted = JSON.stringify(Object.keys(body).length ? body : { preset: "production" });
  const [key, setKey] = useState(wanted);
  useEffect(() => {
    const timer = setTimeout(() => setKey(wanted), 400);
    return () => clearTimeout(timer);
  }, [wanted]);
  const r = useResource(key, (signal) => get<Recommendation>("recommendations", params(JSON.parse(key)), signal));
  return (
    <Card title="What to ask for" note="with a fifth to spare" actions={<CopyAsCLI command={command("quota recommend", [], flags(body))} />} flush>
      <Answer of={r} rows={3}>{(d) => <Advised d={d} />}</Answer>
    </Card>
  );
}

function Advised({ d }: { d: Recommendation }) {
  const asks = d.advice.filter((a) => a.priority > 0);
  return (
    <>
      {asks.length === 0 && <p class="pad soft">Nothing: {count(d.advice.length, "limit")} of this pool {d.advice.length === 1 ? "has" : "have"} room for it, and a fifth more.</p>}
      <ul class="asks">
        {asks.map((a) => {
          const [tone, says] = urgency[a.priority] ?? urgency[2]!;
          return (
            <li key={a.code || a.limit}>
              <div class="row wrap-row"><strong>{limitTitle(a.limit)}</strong><Tag tone={tone}>{says}</Tag><span class="grow" /><span class="num">{num(a.current)} → <strong>{num(a.ask)}</strong></span></div>
              <p class="soft">{sentence(a.why)}. It would allow {perMinute(a.gives_runs_per_minute)} runs a minute, now {perMinute(a.now_runs_per_minute)}. {ways[a.how]}.</p>
              {a.code && a.ask > 0 && a.how !== "none" && <Code text={command("quota request", [a.code, String(a.ask)], { "dry-run": true })} what="Command copied" />}
              {a.code && <a href={href("quotas", "", { show: "all", q: a.code })}>See the quota</a>}
            </li>
          );
        })}
      </ul>
      {d.levers.length > 0 && (
        <>
          <h3 class="pad-x">Without asking</h3>
          <ul class="levers">
            {d.levers.map((l) => (
              <li key={l.lever}><span class="grow">{sentence(l.why)}</span>{l.gives_runs_per_minute !== null && <strong class="num">{perMinute(l.gives_runs_per_minute)} runs/min</strong>}</li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
