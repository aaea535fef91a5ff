import type { ComponentChildren } from "preact";
import type { Tone } from "./status";

/** Stat is a figure with its name, and a word about it. */
export function Stat({ name, value, unit, tone, children, tip }: { name: string; value: ComponentChildren; unit?: string; tone?: Tone | undefined; children?: ComponentChildren; tip?: string }) {
  return (
    <div class="stat" data-tip={tip}>
      <dt>{name}</dt>
      <dd class={`figure ${tone ?? ""}`}>{value}{unit && <small> {unit}</small>}</dd>
      {children && <dd class="soft">{children}</dd>}
    </div>
  );
}

/** Fields is a list of names and values. Those without a value are left out. */
export function Fields({ rows }: { rows: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="fields">
      {rows.filter(([, v]) => v !== null && v !== undefined && v !== "").map(([k, v]) => (
        <div key={k}><dt>{k}</dt><dd>{v}</dd></div>
      ))}
    </dl>
  );
}

/** Card is a part of a page, with its name. */
export function Card({ title, note, actions, children, flush }: { title: string; note?: ComponentChildren; actions?: ComponentChildren; children: ComponentChildren; flush?: boolean }) {
  return (
    <section class={`card${flush ? " flush" : ""}`} aria-label={title}>
      <header>
        <h2>{title}</h2>
        {note && <span class="soft">{note}</span>}
        <span class="grow" />
        {actions}
      </header>
      {children}
    </section>
  );
}
