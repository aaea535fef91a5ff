/** size writes bytes. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const kb = bytes / 1000;
  return kb < 1000 ? `${kb < 10 ? kb.toFixed(1) : Math.round(kb)} kB` : `${(kb / 1000).toFixed(1)} MB`;
}

/** place is the address of a file of a schema. */
export function place(id: string, name: string): string {
  return `/api/v1/schemas/${encodeURIComponent(id)}/files/${name.split("/").map(encodeURIComponent).join("/")}`;
}

export const dialects: readonly (readonly [string, string])[] = [["postgres", "PostgreSQL"], ["mysql", "MySQL"], ["sqlite", "SQLite"]];
