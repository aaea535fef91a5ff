import { compact, limitUnit, num } from "../../core/format";
import type { Quota } from "../../core/types";

/** adviceOn is what a limit's state asks for, in words, and whether a request for more is of use. */
export function adviceOn(q: Quota): { text: string; ask: boolean } {
  const unit = limitUnit(q.limit);
  if (q.open_request) return { text: `A request for ${num(q.open_request.desired)} ${unit} is open. Headgate follows it and adopts what AWS grants by itself.`, ask: false };
  switch (q.status) {
    case "zero":
      return { text: `AWS gives this account none of it, so every call is refused. Ask for ${q.default ? `the default, ${num(q.default)} ${unit}` : "some"}.`, ask: true };
    case "binding":
      return { text: `It binds: calls wait for it now, or it was full in one of twenty busy minutes. ${q.adjustable === false ? "Service Quotas takes no request for it: ask AWS Support, or spread the calls over other models and paths." : "Ask for more, with what was measured as evidence."}`, ask: true };
    case "tight":
      return { text: "Four fifths of it are used at times. Ask for more before it binds.", ask: true };
    case "learned":
      return { text: `AWS throttles earlier than the ${compact(q.applied)} ${unit} that it says it applies; calls are paced by the ${compact(q.effective)} that are really enforced. A Support case with the throttles as evidence can clear it up.`, ask: true };
    case "below default":
      return { text: `AWS applies less than its own default of ${num(q.default)} ${unit}. Service Quotas refuses a request up to the default: the preview has the text of a Support case.`, ask: true };
    case "not adjustable":
      return { text: "There is room, and Service Quotas takes no request for it.", ask: false };
    case "unknown":
      return { text: "What is used is not known, as no call has been made yet.", ask: q.adjustable === true };
  }
  return { text: "There is room: nothing needs to be done.", ask: q.adjustable !== false };
}
