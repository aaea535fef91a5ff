// Where we are: #/page/id?query. The query holds the whole state of a view, so
// that an address can be sent to somebody else, and Back goes back.
import { signal } from "@preact/signals";

export type Query = Readonly<Record<string, string>>;

export interface Route {
  page: string;
  id: string;
  query: Query;
}

export const home = "overview";

export const route = signal<Route>(parse(location.hash));

export function parse(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const [page = "", ...id] = path.split("/");
  return { page: page || home, id: id.map(decode).join("/"), query: Object.fromEntries(new URLSearchParams(search)) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** href is the address of a page; parts of the query that are empty are left out. */
export function href(page: string, id = "", q: Record<string, string | undefined> = {}): string {
  const kept = Object.entries(q).filter((e): e is [string, string] => !!e[1]);
  const search = new URLSearchParams(kept).toString();
  return `#/${page}${id && `/${encodeURIComponent(id)}`}${search && `?${search}`}`;
}

export function go(to: string): void {
  location.hash = to;
}

/** set changes parts of the query; an empty value takes a part away. It leaves no step in the history. */
export function set(patch: Record<string, string | undefined>): void {
  const r = route.value;
  history.replaceState(null, "", href(r.page, r.id, { ...r.query, ...patch }));
  route.value = parse(location.hash);
}

addEventListener("hashchange", () => (route.value = parse(location.hash)));
