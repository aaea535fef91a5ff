// The one way to the API. What it refuses comes as a Problem that says cause and
// cure; what was aborted stays an AbortError, which nobody shows.

export class Problem extends Error {
  constructor(
    readonly status: number, // 0: there was no answer
    readonly title: string,
    readonly detail: string,
  ) {
    super(detail || title);
    this.name = "Problem";
  }
}

export type Params = Record<string, string | number | boolean | undefined | null>;

/** query writes parameters, without those that are empty. */
export function query(params: Params): string {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(params)) {
    if (v !== undefined && v !== null && v !== "") q.set(k, String(v));
  }
  const text = q.toString();
  return text && `?${text}`;
}

interface Options {
  params?: Params;
  signal?: AbortSignal;
  body?: unknown; // JSON, or a FormData
}

/** unauthorised is called when the gateway no longer knows who asks. */
let unauthorised: () => void = () => {};
export function onUnauthorised(f: () => void): void {
  unauthorised = f;
}

async function send(method: string, path: string, o: Options): Promise<Response> {
  const init: RequestInit = { method, credentials: "same-origin", cache: "no-store", headers: { Accept: "application/json" } };
  if (o.signal) init.signal = o.signal;
  if (o.body instanceof FormData) {
    init.body = o.body;
  } else if (o.body !== undefined) {
    init.headers = { ...init.headers, "Content-Type": "application/json" };
    init.body = JSON.stringify(o.body);
  }
  let r: Response;
  try {
    r = await fetch(`/api/v1/${path}${query(o.params ?? {})}`, init);
  } catch (e) {
    if (e instanceof DOMException && e.name === "AbortError") throw e;
    throw new Problem(0, "No answer", "The gateway does not answer. Is it running? `headgate serve` or `headgate up` starts it.");
  }
  if (r.ok) return r;
  throw await refusal(r, path);
}

/** refusal is the problem that an answer tells of. */
export async function refusal(r: Response, path: string): Promise<Problem> {
  let title = r.statusText || `HTTP ${r.status}`;
  let detail = "";
  if (r.headers.get("Content-Type")?.includes("json")) {
    const p = (await r.json().catch(() => null)) as { title?: string; detail?: string } | null;
    title = p?.title ?? title;
    detail = p?.detail ?? "";
  }
  if (r.status === 401 && path !== "session") unauthorised();
  return new Problem(r.status, title, detail);
}

export async function get<T>(path: string, params?: Params, signal?: AbortSignal): Promise<T> {
  const r = await send("GET", path, { ...(params && { params }), ...(signal && { signal }) });
  return (await r.json()) as T;
}

export async function post<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const r = await send("POST", path, { ...(body !== undefined && { body }), ...(signal && { signal }) });
  const text = await r.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export async function remove(path: string): Promise<void> {
  await send("DELETE", path, {});
}
