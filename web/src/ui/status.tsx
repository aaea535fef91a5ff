import type { ComponentChildren } from "preact";
import { words } from "../core/format";
import { Icon } from "./icon";

/** Tone is what a value means: the colours and the shapes follow it. */
export type Tone = "ok" | "info" | "warn" | "bad" | "mute";

const tones: Record<string, Tone> = {
  // of limits
  zero: "bad", binding: "bad", tight: "warn", learned: "warn", "below default": "info", "not adjustable": "mute", unknown: "mute", ok: "ok",
  // of calls and runs
  refused: "warn", throttled: "bad", invalid: "bad", denied: "bad", upstream_error: "bad", cancelled: "mute", broken: "bad", internal: "bad",
  // of requests for more
  PENDING: "info", CASE_OPENED: "info", APPROVED: "ok", DENIED: "bad", NOT_APPROVED: "bad", CASE_CLOSED: "mute", INVALID_REQUEST: "bad",
};

export function toneOf(name: string): Tone {
  return tones[name] ?? "mute";
}

/** Tag is a word with a dot whose shape and colour say how it is meant. */
export function Tag({ tone, children, tip }: { tone: Tone; children: ComponentChildren; tip?: string | undefined }) {
  return <span class={`tag ${tone}`} data-tip={tip}><i aria-hidden="true" />{children}</span>;
}

/** Status is a status, or an outcome, of the API. */
export function Status({ name, tip }: { name: string; tip?: string | undefined }) {
  return <Tag tone={toneOf(name)} tip={tip}>{words(name).toLowerCase()}</Tag>;
}

/** Banner is for what has to be said before all else. */
export function Banner({ tone, title, children, actions }: { tone: Tone; title: string; children?: ComponentChildren; actions?: ComponentChildren }) {
  return (
    <div class={`banner ${tone}`} role={tone === "bad" || tone === "warn" ? "alert" : "status"}>
      <Icon name={tone === "ok" ? "check" : tone === "info" || tone === "mute" ? "info" : "warn"} />
      <div class="grow">
        <strong>{title}</strong>
        {children && <div class="soft">{children}</div>}
      </div>
      {actions}
    </div>
  );
}
