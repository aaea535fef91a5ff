import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useKey } from "../core/keys";
import { Button } from "./button";

/** Drawer shows one thing beside its list, which stays in use. Escape closes it. */
export function Drawer({ title, sub, onClose, actions, children }: { title: ComponentChildren; sub?: ComponentChildren; onClose: () => void; actions?: ComponentChildren; children: ComponentChildren }) {
  const box = useRef<HTMLElement>(null);
  useKey("Escape", "Close", onClose);
  useEffect(() => {
    const before = document.activeElement;
    const own = box.current;
    // On a phone it covers the page, and the keyboard follows it there.
    if (innerWidth < 900) box.current?.focus();
    return () => {
      // Whoever has gone on to a field or a row meanwhile stays there.
      const at = document.activeElement;
      if (before instanceof HTMLElement && before.isConnected && (!at || at === document.body || own?.contains(at))) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <aside class="drawer" aria-labelledby="drawer-title" ref={box} tabIndex={-1}>
      <header>
        <div class="grow">
          <h2 id="drawer-title">{title}</h2>
          {sub && <p class="soft">{sub}</p>}
        </div>
        {actions}
        <Button icon="close" kind="quiet" label="Close" onClick={onClose} />
      </header>
      <div class="body">{children}</div>
    </aside>
  );
}
