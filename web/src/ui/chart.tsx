import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Button } from "./button";

export interface Line {
  name: string;
  role: string; // of colours.css, without its dashes
  values: readonly (number | null)[];
}

interface Props {
  /** label says in words what is seen. */
  label: string;
  /** at are instants in seconds, evenly apart and rising; each line has a value for each. */
  at?: readonly number[];
  /** along is an axis that is not time. */
  along?: { title: string; values: readonly number[]; format: (n: number) => string };
  lines: readonly Line[];
  /** kind: bars stand on each other in the order of lines; lines do not. */
  kind: "bars" | "lines";
  format: (n: number) => string;
  height?: number;
  /** mark is a place on the axis along, such as what is chosen now. */
  mark?: number;
  /** log has both axes logarithmic: all values must be above 0. Of lines over along alone. */
  log?: boolean;
}

/** Chart is a plot, its legend with the values under the pointer, and the same as a table. */
export function Chart(p: Props) {
  const [over, setOver] = useState<number | null>(null);
  const [table, setTable] = useState(false);
  const at = p.at ?? p.along?.values ?? [];
  const step = at.length > 1 ? at[1]! - at[0]! : 3600;
  const x = (v: number) => (p.along ? p.along.format(v) : instant(v, step));
  const value = (l: Line, i: number) => {
    const v = l.values[i];
    return v === null || v === undefined ? "–" : p.format(v);
  };
  return (
    <figure class="chart">
      <figcaption>
        {p.lines.map((l) => (
          <span key={l.name} class="key">
            <i class={l.role} aria-hidden="true" />{l.name}
            {over !== null && <b>{value(l, over)}</b>}
          </span>
        ))}
        <span class="grow" />
        <span class="soft">{over !== null && at[over] !== undefined && x(at[over]!)}</span>
        <Button icon="table" kind="quiet" pressed={table} label={table ? "Show as a chart" : "Show as a table"} onClick={() => setTable(!table)} />
      </figcaption>
      {table ? (
        <div class="table low" tabIndex={0} role="region" aria-label={p.label}>
          <table>
            <thead><tr><th scope="col">{p.along?.title ?? "Time"}</th>{p.lines.map((l) => <th scope="col" class="right" key={l.name}>{l.name}</th>)}</tr></thead>
            <tbody>{at.map((t, i) => <tr key={t}><td>{x(t)}</td>{p.lines.map((l) => <td class="right" key={l.name}>{value(l, i)}</td>)}</tr>)}</tbody>
          </table>
        </div>
      ) : <Plot p={p} at={at} step={step} over={over} setOver={setOver} />}
    </figure>
  );
}

const foot = 22; // for the labels of the axis, px
const top = 8;

function Plot({ p, at, step, over, setOver }: { p: Props; at: readonly number[]; step: number; over: number | null; setOver: (i: number | null) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const el = box.current;
    if (!el) return undefined;
    const seen = new ResizeObserver(([box]) => box && setWidth(box.contentRect.width)); // tells at once, too
    seen.observe(el);
    return () => seen.disconnect();
  }, []);
  const height = p.height ?? 200;
  const floor = height - foot;
  const sums = at.map((_, i) => p.kind === "bars" ? p.lines.reduce((n, l) => n + (l.values[i] ?? 0), 0) : Math.max(0, ...p.lines.map((l) => l.values[i] ?? 0)));
  const grow: Scale = p.log ? (v) => Math.log10(Math.max(v, 1e-9)) : (v) => v;
  const marks = p.log ? decades(p.lines.flatMap((l) => l.values)) : rulers(Math.max(0, ...sums));
  const least = grow(p.log ? marks[0]! : 0);
  const most = grow(marks.at(-1)!);
  const ruler = (m: number) => p.format(m).replace(/\.00$/, "");
  const left = Math.max(28, ...marks.map((m) => ruler(m).length * 6.4 + 10));
  const half = p.kind === "bars" ? step / 2 : 0;
  const low = grow((at[0] ?? 0) - half);
  const wide = Math.max(1e-9, grow((at.at(-1) ?? 1) + half) - low);
  const x = (v: number) => left + ((grow(v) - low) / wide) * (width - left - 4);
  const y = (v: number) => floor - ((grow(v) - least) / Math.max(1e-9, most - least)) * (floor - top);
  const bar = Math.max(1.5, Math.min(44, ((width - left) / Math.max(1, at.length)) * 0.74));

  const find = (e: PointerEvent) => {
    const px = e.clientX - (box.current?.getBoundingClientRect().left ?? 0);
    let best = 0;
    at.forEach((t, i) => { if (Math.abs(x(t) - px) < Math.abs(x(at[best]!) - px)) best = i; });
    setOver(at.length ? best : null);
  };
  return (
    <div class="plot" ref={box}>
      {width > 0 && (
        <svg width={width} height={height} role="img" aria-label={p.label} onPointerMove={find} onPointerLeave={() => setOver(null)}>
          {marks.map((m) => (
            <g key={m}>
              <line class={m === marks[0] ? "floor" : "ruler"} x1={left} x2={width} y1={y(m)} y2={y(m)} />
              <text x={left - 8} y={y(m) + 4} class="end">{ruler(m)}</text>
            </g>
          ))}
          {(p.log ? powers(at) : ticks(at, step, width - left, !!p.along)).map((t) => <text key={t} class="middle" x={Math.max(left + 14, Math.min(width - 20, x(t)))} y={height - 5}>{p.along ? p.along.format(t) : tick(t, step)}</text>)}
          {over !== null && at[over] !== undefined && <line class="cursor" x1={x(at[over]!)} x2={x(at[over]!)} y1={top} y2={floor} />}
          {p.mark !== undefined && <line class="mark-line" x1={x(p.mark)} x2={x(p.mark)} y1={top} y2={floor} />}
          {p.kind === "bars"
            ? p.lines.map((l, n) => <path key={l.name} class={`fill-${l.role}`} d={bars(p.lines, n, at, x, y, bar)} />)
            : p.lines.map((l) => <path key={l.name} class={`stroke-${l.role}`} d={curve(l, at, x, y)} />)}
          {p.kind === "lines" && over !== null && p.lines.map((l) => {
            const v = l.values[over];
            return v === null || v === undefined ? null : <circle key={l.name} class={`fill-${l.role}`} cx={x(at[over]!)} cy={y(v)} r={3.5} />;
          })}
        </svg>
      )}
    </div>
  );
}

type Scale = (v: number) => number;

function bars(lines: readonly Line[], n: number, at: readonly number[], x: Scale, y: Scale, bar: number): string {
  return at.map((t, i) => {
    const v = lines[n]?.values[i] ?? 0;
    if (v <= 0) return "";
    const below = lines.slice(0, n).reduce((sum, l) => sum + (l.values[i] ?? 0), 0);
    const high = Math.max(1, y(below) - y(below + v)); // what is there is seen
    return `M${(x(t) - bar / 2).toFixed(1)} ${y(below).toFixed(1)}h${bar.toFixed(1)}v${(-high).toFixed(1)}h${(-bar).toFixed(1)}z`;
  }).join("");
}

function curve(l: Line, at: readonly number[], x: Scale, y: Scale): string {
  let pen = "M";
  return at.map((t, i) => {
    const v = l.values[i];
    if (v === null || v === undefined) {
      pen = "M";
      return "";
    }
    const to = `${pen}${x(t).toFixed(1)} ${y(v).toFixed(1)}`;
    pen = "L";
    return to;
  }).join("");
}

/** rulers are round values from 0 to above the most. */
function rulers(most: number): number[] {
  if (!(most > 0)) return [0, 1];
  const rough = most / 3;
  const tens = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * tens).find((s) => s >= rough) ?? 10 * tens;
  const n = Math.ceil(most / step - 1e-9);
  return Array.from({ length: n + 1 }, (_, i) => +(i * step).toPrecision(12));
}

/** decades are powers of ten around all values, with steps between where there are few. */
function decades(values: readonly (number | null)[]): number[] {
  const some = values.filter((v): v is number => v !== null && v > 0);
  const low = Math.floor(Math.log10(Math.min(...some, Infinity) || 1) + 1e-9);
  const high = Math.ceil(Math.log10(Math.max(...some, 0) || 1) - 1e-9);
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [1, 10];
  const steps = high - low > 2 ? [1] : high - low > 1 ? [1, 3] : [1, 2, 5];
  const all = Array.from({ length: Math.max(1, high - low) }, (_, i) => steps.map((s) => +(s * 10 ** (low + i)).toPrecision(3))).flat();
  return [...all, 10 ** Math.max(high, low + 1)];
}

/** powers are the powers of ten along an axis, and its ends where it has few. */
function powers(at: readonly number[]): number[] {
  const from = at[0] ?? 1;
  const to = at.at(-1) ?? 10;
  const steps = Math.log10(to / from) > 2 ? [1] : [1, 2, 5];
  const all: number[] = [];
  for (let n = Math.floor(Math.log10(from)); 10 ** n <= to; n++) for (const s of steps) all.push(s * 10 ** n);
  return all.filter((v) => v >= from && v <= to);
}

const minute = 60;
const rounds = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 4320, 10_080, 20_160, 43_200].map((m) => m * minute);

/** ticks are the places of the axis that get a label: round times, or every so many values. */
function ticks(at: readonly number[], step: number, width: number, plain: boolean): number[] {
  const room = Math.max(1, Math.floor(width / 76));
  if (plain) return at.filter((_, i) => i % Math.ceil(at.length / room) === 0);
  const span = (at.at(-1) ?? 0) - (at[0] ?? 0);
  const round = Math.max(step, rounds.find((r) => span / r <= room) ?? span / room);
  const zone = new Date().getTimezoneOffset() * minute;
  return at.filter((t) => Math.floor((t - zone) / round) !== Math.floor((t - zone - step) / round));
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const day = 86_400;

function tick(t: number, step: number): string {
  const d = new Date(t * 1000);
  return step >= day - 3601 || (d.getHours() === 0 && d.getMinutes() === 0) ? date.format(d) : clock.format(d);
}

function instant(t: number, step: number): string {
  return step >= day - 3601 ? date.format(new Date(t * 1000)) : `${date.format(new Date(t * 1000))} ${clock.format(new Date(t * 1000))}`;
}
