// What the gateway tells by itself, over one connection that is kept up.
import { effect, signal } from "@preact/signals";
import { refusal } from "./api";
import { setScale } from "./format";
import { events } from "./sse";
import type { Call, Overview } from "./types";

export type Phase = "connecting" | "live" | "lost" | "paused";

export const phase = signal<Phase>("connecting");
export const overview = signal<Overview | null>(null);
/** heardAt is when the last state came, by this machine's clock; 0 for never. */
export const heardAt = signal(0);
/** retryAt is when the next attempt to connect is made; 0 when none is due. */
export const retryAt = signal(0);
/** connections counts those on which something has come: what was missed before it can be asked for. */
export const connections = signal(0);
/** now ticks each second. */
export const now = signal(Date.now());

let skew = 0; // the gateway's clock less this machine's, ms

/** gatewayNow is what the gateway's clock shows, about. */
export function gatewayNow(): number {
  return now.value + skew;
}

interface Kinds {
  call: Call;
  skipped: { calls: number };
  quotas: unknown;
}
type Listener<K extends keyof Kinds> = (value: Kinds[K]) => void;

const listeners: { [K in keyof Kinds]: Set<Listener<K>> } = { call: new Set(), skipped: new Set(), quotas: new Set() };

const silence = 15_000; // after so much of it (the gateway comments every 10 s) the connection counts as dead
const idle = 60_000; // for so long a hidden page stays connected

let running: AbortController | null = null;
let asked = "";
let timer = 0;
let failures = 0;

/** listen calls f on each event of a kind until the function that it returns is called. */
export function listen<K extends keyof Kinds>(kind: K, f: Listener<K>): () => void {
  listeners[kind].add(f);
  changed();
  return () => {
    listeners[kind].delete(f);
    changed();
  };
}

function wanted(): string {
  const kinds = ["overview", "quotas"];
  if (listeners.call.size > 0) kinds.push("call");
  return kinds.join(",");
}

// What is asked for changes when a page comes or goes; both in one turn is one change.
let due = false;
function changed(): void {
  if (due) return;
  due = true;
  queueMicrotask(() => {
    due = false;
    if (running && wanted() !== asked) connect();
  });
}

/** start connects, and stays connected until stop. */
export function start(): void {
  if (!running) connect();
}

export function stop(): void {
  clearTimeout(timer);
  running?.abort();
  running = null;
  retryAt.value = 0;
}

/** retry connects at once. */
export function retry(): void {
  failures = 0;
  connect();
}

function connect(): void {
  stop();
  const mine = new AbortController();
  running = mine;
  asked = wanted();
  if (phase.value === "paused") phase.value = "connecting";
  follow(mine).then(
    () => lost(mine),
    () => lost(mine),
  );
}

function lost(mine: AbortController): void {
  if (running !== mine) return; // stopped, or another took over
  phase.value = "lost";
  const wait = Math.min(15_000, 500 * 2 ** failures++) * (0.75 + Math.random() / 2);
  retryAt.value = Date.now() + wait;
  timer = setTimeout(connect, wait);
}

async function follow(mine: AbortController): Promise<void> {
  let dead = setTimeout(() => mine.abort(), silence);
  let first = true;
  try {
    const path = `live?events=${asked}`;
    const r = await fetch(`/api/v1/${path}`, { headers: { Accept: "text/event-stream" }, credentials: "same-origin", cache: "no-store", signal: mine.signal });
    if (!r.ok || !r.body) throw await refusal(r, path);
    for await (const e of events(r.body)) {
      clearTimeout(dead);
      dead = setTimeout(() => mine.abort(), silence);
      if (running !== mine) return;
      take(e.event, e.data);
      if (first) connections.value++;
      first = false;
    }
  } finally {
    clearTimeout(dead);
  }
}

function take(event: string, data: string): void {
  if (event === "overview") {
    const o = JSON.parse(data) as Overview;
    heardAt.value = now.value = Date.now();
    skew = Date.parse(o.time) - Date.now();
    setScale(o.time_scale);
    overview.value = o;
    failures = 0;
    phase.value = "live";
  } else if (event === "call" || event === "quotas" || event === "skipped") {
    const value: unknown = JSON.parse(data);
    for (const f of listeners[event]) (f as (v: unknown) => void)(value);
  }
}

setInterval(() => (now.value = Date.now()), 1000);

// A page that nobody looks at costs nobody anything.
let hidden = 0;
document.addEventListener("visibilitychange", () => {
  clearTimeout(hidden);
  if (document.hidden) {
    hidden = setTimeout(() => {
      if (!running) return;
      stop();
      phase.value = "paused";
    }, idle);
  } else if (phase.value === "paused" || phase.value === "lost") {
    retry();
  }
});

/** stale is how old what is shown is, in ms, once that is worth a word; else 0. */
export const stale = signal(0);
effect(() => {
  const age = heardAt.value ? now.value - heardAt.value : 0;
  stale.value = phase.value !== "live" && age > 3000 ? age : age > 8000 ? age : 0;
});
