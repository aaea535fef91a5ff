import { useEffect, useState } from "preact/hooks";

interface Props {
  label: string;
  value: number;
  onChange: (v: number) => void;
  /** least and most are the ends of the track; what is typed may be beyond, down to floor. */
  least: number;
  most: number;
  floor?: number;
  whole?: boolean;
  unit?: string;
  /** says is the value in words, for screen readers and below the track. */
  says?: string | undefined;
  tip?: string;
}

const ends = 1000;

/** Slider is a number on a logarithmic track, beside a field that takes any. */
export function Slider({ label, value, onChange, least, most, floor = least, whole = true, unit, says, tip }: Props) {
  const [typed, setTyped] = useState<string | null>(null); // while the field is in use
  useEffect(() => setTyped(null), [value]);
  const low = Math.max(least, whole ? 1 : 0.01);
  const part = value <= low ? 0 : Math.min(1, Math.log(value / low) / Math.log(most / low));
  const at = (p: number) => (p <= 0 ? least : tidy(low * (most / low) ** (p / ends), whole));
  const n = typed === null ? value : Number(typed.replaceAll(/[\s,]/g, ""));
  const wrong = typed !== null && (typed.trim() === "" || !Number.isFinite(n) || n < floor || n > 1e9 || (whole && !Number.isInteger(n)));
  const take = () => {
    if (typed !== null && !wrong && n !== value) onChange(n);
    else setTyped(null);
  };
  return (
    <div class="slider" data-tip={tip}>
      <div class="row">
        <span class="grow" aria-hidden="true">{label}</span>
        <input class="value" inputMode="decimal" aria-label={`${label}${unit ? `, ${unit}` : ""}`} aria-invalid={wrong} value={typed ?? show(value)} size={9} autocomplete="off"
          onInput={(e) => setTyped(e.currentTarget.value)} onBlur={take} onKeyDown={(e) => e.key === "Enter" ? take() : e.key === "Escape" && setTyped(null)} />
      </div>
      <input type="range" min={0} max={ends} step={1} value={Math.round(part * ends)} aria-label={`${label}, by its size`} aria-valuetext={says ?? `${show(value)} ${unit ?? ""}`}
        style={{ "--part": `${part * 100}%` }}
        onInput={(e) => onChange(at(Number(e.currentTarget.value)))}
        onKeyDown={(e) => {
          // A step of the track is finer than what is shown: keys go by what can be seen.
          const up = e.key === "ArrowRight" || e.key === "ArrowUp";
          if (!up && e.key !== "ArrowLeft" && e.key !== "ArrowDown") return;
          e.preventDefault();
          onChange(next(value, up, least, most, whole));
        }} />
      {says && <span class="soft says">{says}</span>}
    </div>
  );
}

function show(v: number): string {
  return v.toLocaleString("en-US", { maximumFractionDigits: 2 });
}

/** tidy is a value with two digits that count. */
function tidy(v: number, whole: boolean): number {
  const tens = 10 ** (Math.floor(Math.log10(v)) - 1);
  const round = Math.round(v / tens) * tens;
  return whole ? Math.max(1, Math.round(round)) : +round.toPrecision(6);
}

function next(v: number, up: boolean, least: number, most: number, whole: boolean): number {
  const step = v < 20 && whole ? 1 : 10 ** Math.floor(Math.log10(Math.max(v, 0.01) * (up ? 1 : 0.999))) * (v < 20 ? 0.1 : 0.5);
  const to = tidy(Math.max(up ? v + step : v - step, 1e-9), false);
  return Math.max(least, Math.min(most, whole ? Math.round(to) : to));
}
