// What is asked of every page, whatever stands behind it.
import assert from "node:assert/strict";
import axe from "axe-core";

/** watch gathers what goes wrong on a page from now on. */
export function watch(page) {
  const wrong = [];
  page.on("pageerror", (e) => wrong.push(e.message));
  page.on("console", (m) => m.type() === "error" && wrong.push(m.text()));
  return wrong;
}

/** settled waits until a page has what it shows first. */
export async function settled(page) {
  await page.waitForSelector("main h1");
  await page.waitForFunction(() => !document.querySelector(".skeleton"));
  await page.waitForTimeout(250); // charts measure themselves
}

/** sound holds that a page is no wider than the screen and has no serious finding of axe; of says which one it is. */
export async function sound(page, of = "") {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(over <= 0, `${of} ${over} px wider than the screen`);
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe.source);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const bad = found.violations.filter((v) => v.impact === "serious" || v.impact === "critical");
  assert.deepEqual(bad.map((v) => `${of} ${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.html} ${n.any[0]?.message ?? ""}`).join(" | ")}`), []);
}
