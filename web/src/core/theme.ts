import { signal } from "@preact/signals";

export type Theme = "system" | "dark" | "light";

const key = "headgate.theme"; // theme.ts at the root reads it too

function stored(): Theme {
  const t = localStorage.getItem(key);
  return t === "dark" || t === "light" ? t : "system";
}

export const theme = signal<Theme>(stored());

export function setTheme(t: Theme): void {
  theme.value = t;
  if (t === "system") {
    localStorage.removeItem(key);
    delete document.documentElement.dataset["theme"];
  } else {
    localStorage.setItem(key, t);
    document.documentElement.dataset["theme"] = t;
  }
}
