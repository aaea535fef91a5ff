// Numbers, durations, money and times in words. Units are always said.
import { signal } from "@preact/signals";

/** scale is the gateway's time scale: durations are shown times it. */
export const scale = signal(1);
export function setScale(n: number): void {
  scale.value = n > 0 ? n : 1;
}

export const none = "–";

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });

/** num writes a number with separators. */
export function num(n: number | null | undefined): string {
  if (n === null || n === undefined) return none;
  return Math.abs(n) < 10 && !Number.isInteger(n) ? tenth.format(n) : whole.format(n);
}

/** compact writes a number in four characters or so: 940, 12.4k, 5M. */
export function compact(n: number | null | undefined): string {
  if (n === null || n === undefined) return none;
  const size = Math.abs(n);
  for (const [step, letter] of [[1e9, "B"], [1e6, "M"], [1e3, "k"]] as const) {
    // What would round up to the next letter takes it.
    if (size >= step * 0.9995) return tenth.format(n / step >= 100 ? Math.round(n / step) : n / step) + letter;
  }
  return num(n);
}

/** count writes a number of things. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${num(n)} ${n === 1 ? one : many}`;
}

/** pct writes a share, 1 being all of it. */
export function pct(share: number | null | undefined): string {
  if (share === null || share === undefined) return none;
  const p = share * 100;
  if (p > 0 && p < 1) return "< 1 %";
  return `${whole.format(p > 99 && p < 100 ? Math.floor(p) : p)} %`;
}

/** span writes a duration of nominal time. */
export function span(ms: number): string {
  if (ms < 0.5) return "0 s";
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 9.95) return `${s.toFixed(1)} s`;
  if (s < 59.5) return `${Math.round(s)} s`;
  const t = Math.round(s);
  const two = (n: number) => String(n).padStart(2, "0");
  if (t < 3600) return `${Math.floor(t / 60)}m ${two(t % 60)}s`;
  if (t < 86_400) return `${Math.floor(t / 3600)}h ${two(Math.floor((t % 3600) / 60))}m`;
  return `${Math.floor(t / 86_400)}d ${Math.floor((t % 86_400) / 3600)}h`;
}

/** dur writes a duration of real time as the nominal time that it stands for. */
export function dur(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? none : span(ms * scale.value);
}

/** usd writes dollars: cents where they matter, more places where they do not suffice. */
export function usd(n: number | null | undefined): string {
  if (n === null || n === undefined) return none;
  if (n === 0) return "$0.00";
  const places = n >= 0.995 ? 2 : n >= 0.01 ? 3 : n >= 0.0001 ? 5 : 7;
  return `$${new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: places }).format(n)}`;
}

/** nano writes nano-USD. */
export function nano(n: number | null | undefined): string {
  return n === null || n === undefined ? none : usd(n / 1e9);
}

const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const fullFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });

/** clock writes a time of day, with the date when it is not today. */
export function clock(time: string | number | Date, today = Date.now()): string {
  const d = new Date(time);
  const text = clockFormat.format(d);
  return d.toDateString() === new Date(today).toDateString() ? text : `${dayFormat.format(d)} ${text}`;
}

/** full writes an instant so that nobody can mistake it. */
export function full(time: string | number | Date): string {
  return fullFormat.format(new Date(time));
}

/** ago writes how long before an instant another was. */
export function ago(time: string | number, at: number): string {
  const ms = at - new Date(time).getTime();
  if (ms < 1500) return "just now";
  return `${coarse(ms)} ago`;
}

/** coarse writes a duration of real time with one unit. */
export function coarse(ms: number): string {
  const s = ms / 1000;
  if (s < 90) return `${Math.round(s)} s`;
  if (s < 90 * 60) return `${Math.round(s / 60)} min`;
  if (s < 36 * 3600) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86_400)} d`;
}

const limits: Record<string, [name: string, unit: string]> = {
  requests_per_minute: ["Requests", "req/min"],
  tokens_per_minute: ["Tokens", "tok/min"],
  tokens_per_day: ["Tokens a day", "tok/day"],
  account_tokens_per_day: ["Tokens a day", "tok/day"],
  input_tokens_per_minute: ["Input tokens", "tok/min"],
  output_tokens_per_minute: ["Output tokens", "tok/min"],
};

/** limitName is a limit in words, without its unit. */
export function limitName(limit: string): string {
  return limits[limit]?.[0] ?? words(limit);
}

export function limitUnit(limit: string): string {
  return limits[limit]?.[1] ?? "";
}

/** words writes a name of the API in words: "upstream_error" is "upstream error". */
export function words(name: string): string {
  return name.replaceAll("_", " ");
}

/** modelName is a model's id without provider, date and version: what one calls it. */
export function modelName(id: string): string {
  if (!id) return "whole account";
  const last = id.split("/").pop() ?? id;
  return last.replace(/^(us|eu|apac|jp|au|ca|global|us-gov)\./, "").replace(/^[a-z0-9-]+\./, "").replace(/(-\d{8})?-v\d+(:\d+)?(:[a-z0-9]+)?$/, "");
}

/** sentence begins a text with a capital, unless it begins with a name such as amazon.nova-lite. */
export function sentence(text: string): string {
  return /^[a-z]+(?=[\s,:;]|$)/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}
