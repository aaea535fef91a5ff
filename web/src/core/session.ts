// Who looks at the page.
import { signal } from "@preact/signals";
import { get, onUnauthorised, post, Problem, remove } from "./api";
import { start, stop } from "./live";
import { toast } from "../ui/toast";
import type { Role, Session } from "./types";

export type Access = "asking" | "in" | "out" | "unreachable";

export const access = signal<Access>("asking");
export const session = signal<Session | null>(null);
/** refused is what the gateway said when it did not let us in. */
export const refused = signal<Problem | null>(null);

const rank: Record<Role, number> = { read: 0, operate: 1, admin: 2 };

/** may reports whether we have at least a role. */
export function may(role: Role): boolean {
  return !!session.value && rank[session.value.role] >= rank[role];
}

let again = 0;

/** enter asks who we are, and begins to follow the gateway when it knows us. */
export async function enter(): Promise<void> {
  clearTimeout(again);
  try {
    session.value = await get<Session>("session");
    refused.value = null;
    access.value = "in";
    start();
  } catch (e) {
    if (!(e instanceof Problem)) throw e;
    if (e.status === 401 || e.status === 403) {
      out(e);
    } else {
      refused.value = e;
      access.value = "unreachable";
      again = setTimeout(enter, 3000);
    }
  }
}

function out(why: Problem | null): void {
  stop();
  session.value = null;
  refused.value = why;
  access.value = "out";
}

/** present shows the gateway a token. It throws the Problem when that is not taken. */
export async function present(token: string): Promise<void> {
  await post("session", { token });
  await enter();
}

export async function leave(): Promise<void> {
  try {
    await remove("session");
  } catch (e) {
    toast("Not signed out", e instanceof Error ? e.message : "");
    return;
  }
  out(null);
}

onUnauthorised(() => {
  if (access.value === "in") out(new Problem(401, "Signed out", "The session has ended: it expired, or it was revoked."));
});
