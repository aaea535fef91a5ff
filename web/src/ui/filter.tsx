import { useEffect, useRef, useState } from "preact/hooks";
import { useKey } from "../core/keys";
import { route, set } from "../core/router";
import { Icon } from "./icon";

/** Search is a field whose text is in the address. "/" goes there. */
export function Search({ name = "q", label }: { name?: string; label: string }) {
  const field = useRef<HTMLInputElement>(null);
  const said = route.value.query[name] ?? "";
  const [text, setText] = useState(said);
  const typed = useRef(0);
  useEffect(() => {
    if (document.activeElement !== field.current) setText(said);
  }, [said]);
  useKey("/", "Filter", () => {
    field.current?.focus();
    field.current?.select();
  });
  useKey("Escape", "", () => {
    if (document.activeElement !== field.current) return false;
    if (text) {
      setText("");
      set({ [name]: "" });
    } else {
      field.current?.blur();
    }
    return true;
  });
  const change = (v: string) => {
    setText(v);
    clearTimeout(typed.current);
    typed.current = setTimeout(() => set({ [name]: v.trim() }), 150);
  };
  return (
    <label class="search">
      <Icon name="search" size={14} />
      <span class="offstage">{label}</span>
      <input ref={field} type="search" placeholder={label} value={text} onInput={(e) => change(e.currentTarget.value)} spellcheck={false} autocomplete="off" />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}

/** Choice is a value of a list that is in the address; "" is all. */
export function Choice({ name, label, options }: { name: string; label: string; options: readonly (readonly [string, string])[] }) {
  const value = route.value.query[name] ?? "";
  return (
    <label class={`choice${value ? " on" : ""}`}>
      <span class="offstage">{label}</span>
      <select value={value} onChange={(e) => set({ [name]: e.currentTarget.value })}>
        {options.map(([v, text]) => <option key={v} value={v}>{text}</option>)}
      </select>
    </label>
  );
}

/** Chip is a filter that was chosen elsewhere, with a button that drops it. */
export function Chip({ name, label }: { name: string; label: string }) {
  const value = route.value.query[name];
  if (!value) return null;
  return (
    <button type="button" class="chip" onClick={() => set({ [name]: "" })} aria-label={`Drop the filter ${label} ${value}`}>
      <span class="soft">{label}</span> {value} <Icon name="close" size={12} />
    </button>
  );
}

/** holds reports whether each word of a search is in one of the texts. */
export function holds(search: string, ...texts: (string | null | undefined)[]): boolean {
  if (!search) return true;
  const all = texts.join(" ").toLowerCase();
  return search.toLowerCase().split(/\s+/).every((w) => all.includes(w));
}
