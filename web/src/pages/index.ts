import { overviewPage } from "./overview";
import type { Page } from "./page";
import { quotasPage } from "./quotas";

/** pages are in the order of the navigation. */
export const pages: readonly Page[] = [overviewPage, quotasPage];
