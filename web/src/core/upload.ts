import { Problem, type Params, query } from "./api";

/**
 * upload posts a form and tells how much of it is sent, 0..1: fetch cannot say that.
 * It throws a Problem, or an AbortError when signal breaks it off.
 */
export function upload<T>(path: string, form: FormData, sent: (share: number) => void, signal: AbortSignal, params: Params = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    const r = new XMLHttpRequest();
    r.open("POST", `/api/v1/${path}${query(params)}`);
    r.setRequestHeader("Accept", "application/json");
    r.responseType = "text";
    r.upload.onprogress = (e) => e.lengthComputable && sent(e.loaded / e.total);
    r.onload = () => {
      const value = parsed(r.responseText);
      if (r.status >= 200 && r.status < 300) resolve(value as T);
      else reject(new Problem(r.status, text(value, "title") || `HTTP ${r.status}`, text(value, "detail")));
    };
    r.onerror = () => reject(new Problem(0, "The upload broke off", "The gateway does not answer, or it refused to read on. Is it running, and are the files not too large?"));
    r.onabort = () => reject(new DOMException("broken off", "AbortError"));
    signal.addEventListener("abort", () => r.abort());
    r.send(form);
  });
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

function text(value: unknown, name: string): string {
  const found = value && typeof value === "object" ? (value as Record<string, unknown>)[name] : "";
  return typeof found === "string" ? found : "";
}
