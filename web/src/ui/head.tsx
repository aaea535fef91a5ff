import type { ComponentChildren } from "preact";
import { CopyAsCLI } from "./button";

/** Head is the first line of a page: what it is, what can be done, and the command that shows the same. */
export function Head({ title, note, command, children }: { title: string; note?: ComponentChildren; command: string; children?: ComponentChildren }) {
  return (
    <header class="head">
      <div class="grow">
        <h1>{title}</h1>
        {note && <p class="soft">{note}</p>}
      </div>
      <div class="actions">
        {children}
        <CopyAsCLI command={command} />
      </div>
    </header>
  );
}
