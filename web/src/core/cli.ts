// The command line's words for what a view shows.

/** quote writes an argument so that a shell takes it as it is. */
export function quote(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`;
}

/** command writes `headgate noun verb --flag value`; flags without a value are left out. */
export function command(words: string, args: readonly string[] = [], flags: Record<string, string | boolean | undefined> = {}): string {
  const parts = ["headgate", words, ...args.map(quote)];
  for (const [name, value] of Object.entries(flags)) {
    if (value === true) parts.push(`--${name}`);
    else if (value) parts.push(`--${name}`, quote(value));
  }
  return parts.join(" ");
}

const usual = "http://127.0.0.1:8080";

/** server is the flag that names this gateway; nothing where commands find it by themselves. */
export function server(): { server?: string } {
  return location.origin === usual || location.origin === "http://localhost:8080" ? {} : { server: location.origin };
}
