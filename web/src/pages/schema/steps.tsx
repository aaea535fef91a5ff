import { dur } from "../../core/format";
import { href } from "../../core/router";
import { Icon } from "../../ui/icon";
import { Card } from "../../ui/stat";
import { ended, type SchemaCall, type SchemaJob, type SchemaStep, steps } from "./types";

type How = "done" | "now" | "next" | "out";

const parts = [
  ["data", "From the data"],
  ["model", "What a model is asked"],
  ["proof", "Proof"],
] as const;

/** Steps is how far a schema is: what is done, what goes on and what waits for quota. */
export function Steps({ s }: { s: SchemaJob }) {
  const over = ended(s);
  const said = (name: string) => together(s.steps.filter((x) => x.step.split("+").includes(name)));
  const last = steps.findLastIndex((x) => said(x.name));
  return (
    <div class="making" aria-live="polite">
      {parts.map(([part, title]) => (
        <Card key={part} title={title} note={part === "model" ? modelNote(s) : undefined}>
          <ol class="taken">
            {steps.map((x, i) => {
              if (x.part !== part) return null;
              const step = said(x.name);
              const how: How = step ? (step.done || over ? "done" : "now") : i < last || over ? "out" : "next";
              return <Taken key={x.name} title={x.title} does={x.does} how={how} step={step} call={s.report?.calls.find((c) => c.step === x.name)} failed={how === "done" && step?.done === false && s.state === "failed"} />;
            })}
          </ol>
        </Card>
      ))}
    </div>
  );
}

function modelNote(s: SchemaJob): string {
  const t = s.report?.totals;
  return t ? `${t.calls} of 6 calls` : s.model ? "six calls at most" : "nobody is asked";
}

/** together is one step of several that were told under its name: what each said, and what it waited. */
function together(told: readonly SchemaStep[]): SchemaStep | undefined {
  const last = told.at(-1);
  if (!last) return undefined;
  const done = told.filter((x) => x.done && x !== last);
  return { ...last, detail: [...done, last].map((x) => x.detail).filter((d) => d && d !== ".").join("\n"), waited_ms: told.reduce((n, x) => Math.max(n, x.waited_ms), 0) };
}

const says: Record<How, string> = { done: "done", now: "goes on", next: "to come", out: "not needed" };

function Taken({ title, does, how, step, call, failed }: { title: string; does: string; how: How; step: SchemaStep | undefined; call: SchemaCall | undefined; failed: boolean }) {
  return (
    <li class={failed ? "bad" : how} aria-current={how === "now" ? "step" : undefined}>
      <span class="sign">{failed ? <Icon name="close" size={12} /> : how === "done" ? <Icon name="check" size={12} /> : null}</span>
      <div class="grow">
        <strong>{title}</strong> <span class="offstage">{failed ? "failed" : says[how]}</span>
        <p class="soft detail">{step?.detail ? step.detail : how === "out" ? `Not needed: ${does.charAt(0).toLowerCase()}${does.slice(1)}` : does}</p>
      </div>
      <span class="facts">
        {step && step.waited_ms >= 1 && <span class="waited" data-tip="For quota, before the call was sent">{how === "now" ? "waits" : "waited"} {dur(step.waited_ms)}</span>}
        {call?.answer.call_id && <a href={href("calls", call.answer.call_id)} data-tip={call.answer.model}>the call</a>}
      </span>
    </li>
  );
}
