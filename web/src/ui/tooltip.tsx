// One tooltip for the whole page: what has data-tip shows it on hover and on focus.
// It is placed by script, so no scrolling box cuts it off.
import { signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";

const shown = signal<{ text: string; at: DOMRect } | null>(null);
let target: Element | null = null;
let timer = 0;

function show(e: Event, delay: number): void {
  const found = e.target instanceof Element ? e.target.closest("[data-tip]") : null;
  if (found === target) return;
  hide();
  if (!found) return;
  target = found;
  timer = setTimeout(() => {
    const text = found.getAttribute("data-tip");
    if (!text || !found.isConnected) return;
    found.setAttribute("aria-describedby", "tooltip");
    shown.value = { text, at: found.getBoundingClientRect() };
  }, delay);
}

function hide(): void {
  clearTimeout(timer);
  target?.removeAttribute("aria-describedby");
  target = null;
  shown.value = null;
}

addEventListener("mouseover", (e) => show(e, 250));
addEventListener("focusin", (e) => {
  if (e.target instanceof Element && e.target.matches(":focus-visible")) show(e, 0);
});
addEventListener("focusout", hide);
addEventListener("scroll", hide, { capture: true, passive: true });
addEventListener("mousedown", hide);
addEventListener("keydown", (e) => e.key === "Escape" && hide(), true);

export function Tooltip() {
  const box = useRef<HTMLDivElement>(null);
  const tip = shown.value;
  useLayoutEffect(() => {
    const el = box.current;
    if (!el || !tip) return;
    const { width, height } = el.getBoundingClientRect();
    const left = Math.max(8, Math.min(innerWidth - width - 8, tip.at.left + tip.at.width / 2 - width / 2));
    const above = tip.at.top - height - 6;
    el.style.left = `${left}px`;
    el.style.top = `${above > 8 ? above : tip.at.bottom + 6}px`;
  }, [tip]);
  return tip && <div class="tooltip" role="tooltip" id="tooltip" ref={box}>{tip.text}</div>;
}
