import { alarmsPage } from "./alarms";
import { callsPage } from "./calls";
import { costPage } from "./cost";
import { doctorPage } from "./doctor";
import { overviewPage } from "./overview";
import type { Page } from "./page";
import { planPage } from "./plan";
import { quotasPage } from "./quotas";
import { runsPage } from "./runs";
import { schemaPage } from "./schema";

/** pages are in the order of the navigation. */
export const pages: readonly Page[] = [overviewPage, quotasPage, callsPage, runsPage, costPage, planPage, alarmsPage, doctorPage, schemaPage];
