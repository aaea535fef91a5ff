import { limitName, modelName } from "../core/format";
import type { Pool } from "../core/types";

/** poolText is a pool in full, as commands write it. */
export function poolText(p: Pool): string {
  return [p.account, p.region, p.model || "all models", p.path].filter(Boolean).join("/");
}

/** PoolName is a model as one calls it, with the way to it; all of it in the tip. */
export function PoolName({ pool, limit }: { pool: Pool; limit?: string }) {
  return (
    <span data-tip={poolText(pool)}>
      <span class="two">{modelName(pool.model)}</span>
      <span class="two">{limit ? `${limitName(limit)} · ` : ""}{[pool.path, pool.region].filter(Boolean).join(" · ")}</span>
    </span>
  );
}
