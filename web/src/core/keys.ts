// Keys for all pages. A key is one that is typed ("j", "?", "Escape") or two after
// another ("g o"). Those of fields stay with the field, but for Escape.
import { useEffect, useRef } from "preact/hooks";

interface Binding {
  key: string;
  says: string; // in the help; empty: not shown
  run: () => boolean | void; // false: not taken, the next may have it
}

const bindings: Binding[] = [];
let first = ""; // of two
let forget = 0;

/** bound lists what can be typed now, for the help. */
export function bound(): { key: string; says: string }[] {
  const seen = new Set<string>();
  return bindings.filter((b) => b.says && !seen.has(b.key) && seen.add(b.key));
}

/** useKey binds a key while a component is there. The latest binding of a key goes first. */
export function useKey(key: string, says: string, run: () => boolean | void, on = true): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    if (!on) return undefined;
    const b: Binding = { key, says, run: () => latest.current() };
    bindings.push(b);
    return () => {
      bindings.splice(bindings.indexOf(b), 1);
    };
  }, [key, says, on]);
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function take(key: string): boolean {
  for (let i = bindings.length - 1; i >= 0; i--) {
    const b = bindings[i];
    if (b?.key === key && b.run() !== false) return true;
  }
  return false;
}

addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || e.key === "Shift") return;
  if (typing(e.target) && e.key !== "Escape") return;
  // A dialog has the keys to itself, and closes on Escape by itself.
  if (document.querySelector("dialog[open]")) return;
  clearTimeout(forget);
  const pair = first && `${first} ${e.key}`;
  first = "";
  if (pair && take(pair)) {
    e.preventDefault();
    return;
  }
  if (take(e.key)) {
    e.preventDefault();
  } else if (bindings.some((b) => b.key.startsWith(`${e.key} `))) {
    first = e.key;
    forget = setTimeout(() => (first = ""), 1200);
  }
});
