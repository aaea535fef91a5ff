import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "./button";

/** Dialog takes the whole attention until it is closed. */
export function Dialog({ title, onClose, children, wide }: { title: string; onClose: () => void; children: ComponentChildren; wide?: boolean }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const d = box.current;
    d?.showModal();
    return () => d?.close();
  }, []);
  return (
    <dialog class={wide ? "wide" : ""} ref={box} aria-label={title} onClose={onClose} onClick={(e) => e.target === box.current && onClose()}>
      <div class="inside">
        <header>
          <h2 class="grow">{title}</h2>
          <Button icon="close" kind="quiet" label="Close" onClick={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  );
}
