// Ranges of time, as addresses and commands write them: 15m, 24h, 30d.

const units: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** length is a range in ms; 0 for what is none. */
export function length(range: string): number {
  const [, n, unit] = /^(\d+)([mhd])$/.exec(range) ?? [];
  return n && unit ? Number(n) * (units[unit] ?? 0) : 0;
}

/** since is when a range that ends now began; undefined for what is none. */
export function since(range: string): string | undefined {
  const ms = length(range);
  return ms > 0 ? new Date(Date.now() - ms).toISOString() : undefined;
}
