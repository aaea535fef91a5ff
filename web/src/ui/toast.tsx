import { signal } from "@preact/signals";

interface Note {
  id: number;
  text: string;
  detail: string;
}

const notes = signal<Note[]>([]);
let last = 0;

/** toast says something for a few seconds, and to screen readers. */
export function toast(text: string, detail = ""): void {
  const id = ++last;
  notes.value = [...notes.value.slice(-2), { id, text, detail }];
  setTimeout(() => (notes.value = notes.value.filter((n) => n.id !== id)), 4000);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {notes.value.map((n) => (
        <div class="toast" key={n.id}>
          <strong>{n.text}</strong>
          {n.detail && <code>{n.detail}</code>}
        </div>
      ))}
    </div>
  );
}
