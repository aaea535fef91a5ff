import type { ComponentChildren } from "preact";
import type { Resource } from "../core/resource";
import { Button, Code } from "./button";
import { Banner } from "./status";

/** Empty says why there is nothing, and how something comes to be there. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** PointHere is how an SDK comes to call this gateway. */
export function PointHere() {
  const here = location.origin;
  return (
    <>
      <p>Your code stays as it is: one variable points any AWS SDK at this gateway.</p>
      <Code text={`export AWS_ENDPOINT_URL_BEDROCK_RUNTIME=${here}`} />
      <p>Or try it with a first call:</p>
      <Code text={`curl -s ${here}/model/us.anthropic.claude-haiku-4-5-20251001-v1:0/converse \\\n  -H 'content-type: application/json' \\\n  -d '{"messages":[{"role":"user","content":[{"text":"Hello"}]}],"inferenceConfig":{"maxTokens":100}}'`} />
    </>
  );
}

/** Loading is what stands in for rows to come. */
export function Loading({ rows = 6 }: { rows?: number }) {
  return (
    <div class="loading" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, i) => <div class="skeleton" key={i} />)}
    </div>
  );
}

/** Answer shows a resource: its skeleton before the first answer, its problem with a way to ask again, else what it has. */
export function Answer<T>({ of, rows, children }: { of: Resource<T>; rows?: number; children: (data: T) => ComponentChildren }) {
  return (
    <>
      {of.problem && (
        <div class="problem">
          <Banner tone="bad" title={of.problem.title} actions={<Button icon="refresh" onClick={of.reload}>Try again</Button>}>
            {of.problem.detail}
          </Banner>
        </div>
      )}
      {of.data !== undefined ? children(of.data) : !of.problem && <Loading {...(rows !== undefined && { rows })} />}
    </>
  );
}
