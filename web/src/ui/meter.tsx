import { pct } from "../core/format";
import type { Tone } from "./status";

/** toneOfShare is what it means that a share of a limit is used. */
export function toneOfShare(share: number | null): Tone {
  if (share === null) return "mute";
  return share >= 0.98 ? "bad" : share >= 0.8 ? "warn" : "ok";
}

/** Meter is a bar that fills with what is used. A mark stands where a peak was. */
export function Meter({ share, label, tone = toneOfShare(share), peak }: { share: number | null; label: string; tone?: Tone; peak?: number | null }) {
  const now = Math.max(0, Math.min(1, share ?? 0));
  return (
    <span class={`meter ${tone}`} role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(now * 100)} aria-valuetext={share === null ? "not known" : `${pct(share)} used`}>
      <span class="fill" style={{ transform: `scaleX(${now})` }} />
      {peak !== undefined && peak !== null && <span class="peak" style={{ left: `${Math.min(1, peak) * 100}%` }} />}
    </span>
  );
}

/** Spark draws shares (0..1, a little more is cut) from old to new. */
export function Spark({ values, label, tone = "ok" }: { values: readonly number[]; label: string; tone?: Tone }) {
  const w = 120;
  const h = 28;
  const n = Math.max(2, values.length);
  const y = (v: number) => h - 1.5 - Math.max(0, Math.min(1, v)) * (h - 3);
  const points = values.map((v, i) => `${((i * w) / (n - 1)).toFixed(1)} ${y(v).toFixed(1)}`);
  const line = points.length > 1 ? `M${points.join("L")}` : "";
  return (
    <svg class={`spark ${tone}`} viewBox={`0 0 ${w} ${h}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <path class="top" d={`M0 1.500H${w}`} />
      {line && <path class="area" d={`${line}L${w} ${h}L0 ${h}Z`} />}
      {line && <path class="line" d={line} />}
    </svg>
  );
}
