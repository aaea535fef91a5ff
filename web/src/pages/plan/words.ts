import { limitName, num } from "../../core/format";

/** limitTitle is a limit as a heading says it. */
export function limitTitle(limit: string): string {
  if (limit === "account_tokens_per_day") return "Tokens a day, whole account";
  const name = limitName(limit);
  return /minute/.test(limit) ? `${name} a minute` : name;
}

/** perMinute is a rate with the digits that count. */
export function perMinute(v: number): string {
  return v >= 100 ? num(Math.round(v)) : v.toLocaleString("en-US", { maximumFractionDigits: v >= 10 ? 1 : 2 });
}

