import { useEffect, useRef, useState } from "preact/hooks";
import { get, post } from "../core/api";
import { command } from "../core/cli";
import { compact, count, modelName, nano, num, pct, sentence, words } from "../core/format";
import { useResource } from "../core/resource";
import { route, set } from "../core/router";
import type { Quotas } from "../core/types";
import { Button } from "../ui/button";
import { Answer } from "../ui/empty";
import { Head } from "../ui/head";
import { Card, Stat } from "../ui/stat";
import { Banner } from "../ui/status";
import { limitTitle, perMinute } from "./plan/words";
import { Bounds } from "./plan/bounds";
import { Controls } from "./plan/controls";
import { Curves } from "./plan/curves";
import { asked, flags, type Key } from "./plan/state";
import { AskFor } from "./plan/askfor";
import type { Asked, PlanReport } from "./plan/types";
import type { Page } from "./page";

export const planPage: Page = { name: "plan", title: "Plan", key: "p", icon: "plan", view: () => <View /> };

const settle = 200; // ms without a change before the gateway is asked

function View() {
  const body = asked(route.value.query);
  const wanted = JSON.stringify(body);
  const [key, setKey] = useState(wanted);
  const timer = useRef(0);
  useEffect(() => {
    timer.current = setTimeout(() => setKey(wanted), settle);
    return () => clearTimeout(timer.current);
  }, [wanted]);
  const plan = useResource(key, (signal) => post<PlanReport>("plan", JSON.parse(key), signal));
  const quotas = useResource("plan-models", (signal) => get<Quotas>("quotas", undefined, signal));
  return (
    <>
      <Head title="Plan" note="What the quotas give a workload, which limit binds, and what to ask for" command={command("plan", [], flags(body))}>
        {wanted !== "{}" && <Button onClick={() => set(Object.fromEntries(Object.keys(route.value.query).map((k) => [k, ""])))}>Start over</Button>}
      </Head>
      <div class="planning">
        <Controls now={plan.data?.workload} pool={plan.data?.pool} body={body} quotas={quotas.data?.quotas ?? []} onChange={(k: Key, v: string) => set({ [k]: v })} />
        <div class={`column${plan.loading || key !== wanted ? " asking-again" : ""}`} aria-busy={plan.loading}>
          <Answer of={plan}>{(p) => <Whole p={p} body={body} />}</Answer>
        </div>
      </div>
    </>
  );
}

function Whole({ p, body }: { p: PlanReport; body: Asked }) {
  const binding = p.bounds.find((b) => b.binds);
  const want = p.workload.runs_per_minute;
  const gives = p.formula.runs_per_minute;
  return (
    <>
      <Verdict p={p} />
      <dl class="stats">
        <Stat name="Quotas allow" value={perMinute(gives)} unit="runs/min" tone={p.fits ? "ok" : "bad"}>{num(p.formula.runs_per_hour)} an hour</Stat>
        <Stat name="Headroom" value={want > 0 ? (gives >= want ? pct(1 - want / gives) : "none") : "–"} tone={p.fits ? undefined : "bad"}>{want > 0 ? (gives >= want ? "is left of what binds" : `${pct(gives / want)} of it fits`) : "no rate is wanted"}</Stat>
        <Stat name="Binds first" value={<span class="wordy">{binding ? limitTitle(binding.limit) : "nothing"}</span>}>{binding ? `${compact(binding.amount)}, ${compact(binding.needed)} needed` : "no limit is known"}</Stat>
        <Cost p={p} />
      </dl>
      <Bounds p={p} />
      <Curves p={p} />
      <Simulation p={p} body={body} />
      <AskFor body={body} />
      {p.notes.length > 0 && <Card title="To know"><ul class="lines">{[...new Set(p.notes)].map((n) => <li key={n}>{n}</li>)}</ul></Card>}
    </>
  );
}

function Verdict({ p }: { p: PlanReport }) {
  const want = p.workload.runs_per_minute;
  const gives = p.formula.runs_per_minute;
  const binding = p.bounds.find((b) => b.binds);
  const what = `${perMinute(want)} runs a minute of ${modelName(p.pool.model)} (${p.pool.path})`;
  const tight = p.fits && want > 0 && want > gives / 1.2;
  const why = binding ? `${sentence(binding.why)}.` : "";
  if (want <= 0) return <Banner tone="info" title={`The quotas allow ${perMinute(gives)} runs a minute`}>{why}</Banner>;
  if (!p.fits) return <Banner tone="bad" title={`${what} do not fit: ${perMinute(gives)} do`}>{binding ? `${limitTitle(binding.limit)} binds. ${why}` : ""} Calls would wait longer and longer.</Banner>;
  if (tight) return <Banner tone="warn" title={`${what} fit, with little to spare`}>{binding ? `${limitTitle(binding.limit)} is next to bind. ${why}` : ""}</Banner>;
  return <Banner tone="ok" title={`${what} fit`}>{binding ? `${limitTitle(binding.limit)} would bind first, at ${perMinute(gives)} runs a minute. ${why}` : ""}</Banner>;
}

function Cost({ p }: { p: PlanReport }) {
  const run = p.cost.per_run_nano_usd;
  const want = Math.min(p.workload.runs_per_minute, p.formula.runs_per_minute);
  return (
    <Stat name="Cost of a run" value={nano(run)} tip={p.cost.price_as_of ? `Prices as of ${p.cost.price_as_of}; without the prompt cache` : "By the prices of the catalog"}>
      {run === null ? p.cost.why || "its price is not known" : want > 0 ? `${nano(run * want * 60)} an hour, ${nano(run * want * 43_200)} in 30 days` : ""}
    </Stat>
  );
}

/** Simulation has the gateway's own pacing try the plan in virtual time, when asked to. */
function Simulation({ p, body }: { p: PlanReport; body: Asked }) {
  const key = JSON.stringify({ ...body, simulate: true });
  const [asking, setAsking] = useState("");
  const tried = useResource(asking, (signal) => asking ? post<PlanReport>("plan", JSON.parse(asking), signal) : Promise.resolve(null), false);
  const mine = asking === key;
  const t = mine ? tried.data : null;
  return (
    <Card title="Tried" note="with the gateway's own pacing, in virtual time" actions={<Button icon="play" disabled={mine && tried.loading} onClick={() => (mine ? tried.reload() : setAsking(key))}>{mine && tried.loading ? "Trying…" : "Try it"}</Button>}>
      <div class="pad">
        {mine && tried.problem ? <p class="wrong">{tried.problem.message}</p>
          : t?.simulated && t.trial ? (
            <>
              <p><strong>{perMinute(t.simulated.runs_per_minute)} runs a minute</strong>, the formula says {perMinute(p.formula.runs_per_minute)}; {count(t.trial.throttles, "throttle")} in {count(t.trial.runs, "run")}.{t.simulated.binding ? ` ${limitTitle(t.simulated.binding)} bound.` : ""}</p>
              {t.differs.map((d) => <p key={d} class="soft">{d}</p>)}
            </>
          ) : <p class="soft">The figures above are a formula's. The simulator lets thousands of such runs pass through the same scheduler, under limits as {words(p.law)}; it takes some seconds.</p>}
      </div>
    </Card>
  );
}

