import type { ComponentChildren } from "preact";
import type { IconName } from "../ui/icon";

/** Page is what the navigation leads to. */
export interface Page {
  name: string; // in the address
  title: string;
  key: string; // after g
  icon: IconName;
  view: () => ComponentChildren;
}
