/** Bar draws how long something waited (violet) and worked (blue), against a common measure of ms. Numbers stand beside it. */
export function Bar({ queued, total, of }: { queued: number; total: number; of: number }) {
  // Long ones are shortened, so that short ones stay to be seen.
  const scale = Math.min(1, Math.sqrt(total / of));
  const wait = total > 0 ? Math.min(1, queued / total) : 0;
  return (
    <span class="waitbar" aria-hidden="true">
      <i class="waits" style={{ width: `${100 * scale * wait}%` }} />
      <i class="works" style={{ width: `${100 * scale * (1 - wait)}%` }} />
    </span>
  );
}
