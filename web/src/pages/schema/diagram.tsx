import { useState } from "preact/hooks";
import { num } from "../../core/format";
import { Button } from "../../ui/button";
import { Card } from "../../ui/stat";
import type { SchemaJob } from "./types";
import { place } from "./words";

/** Diagram is the tables with their references: an image, so that nothing in it can run. */
export function Diagram({ s }: { s: SchemaJob }) {
  const [whole, setWhole] = useState(true);
  const [lost, setLost] = useState(false);
  const at = place(s.id, "er.svg");
  const r = s.report;
  return (
    <Card title="Entities and references" note="a dotted line is only suspected" flush actions={
      <>
        <Button kind="quiet" pressed={!whole} onClick={() => setWhole(!whole)}>{whole ? "Actual size" : "Fit"}</Button>
        <a class="button quiet" href={at} download={`${s.name}.svg`}>Download SVG</a>
      </>
    }>
      {lost
        ? <p class="pad soft">The diagram could not be loaded. It is among the files as er.svg, and as er.mmd for Mermaid.</p>
        : <div class="diagram" tabIndex={0} role="region" aria-label="Diagram">
            <img class={whole ? "whole" : ""} src={at} alt={r ? `Diagram of ${num(r.tables)} tables with ${num(r.references)} references; the DDL says the same in words` : "Diagram"} onError={() => setLost(true)} />
          </div>}
    </Card>
  );
}
