// Every page over fixtures, in a real browser: it loads without an error, has no
// serious finding of axe, is no wider than the screen, and takes keys.
//
//   CHROMIUM=/usr/bin/chromium npm run e2e
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { open } from "./browser.mjs";
import { settled, sound, watch } from "./look.mjs";

let base; // of the server that most tests look at
let server;
let browser;

const children = new Set();
process.on("exit", () => children.forEach((c) => c.kill())); // whatever has failed

/** free is a port that nobody listens on. */
function free() {
  return new Promise((resolve, reject) => {
    const s = createServer().once("error", reject);
    s.listen(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => resolve(port));
    });
  });
}

async function serve(port) {
  const child = spawn(process.execPath, ["dev.mjs", "--fixtures", "all", "--listen", `127.0.0.1:${port}`], { cwd: new URL("..", import.meta.url), stdio: ["ignore", "pipe", "inherit"] });
  children.add(child);
  await new Promise((resolve, reject) => {
    child.stdout.once("data", resolve);
    child.once("exit", (code) => reject(new Error(`dev.mjs ended with ${code}`)));
  });
  return child;
}

before(async () => {
  const port = await free();
  base = `http://127.0.0.1:${port}/`;
  server = await serve(port);
  browser = await open();
});

after(async () => {
  await browser?.close();
  server?.kill();
});

/** visit opens an address and gathers what goes wrong there. */
async function visit(hash, o = {}) {
  const root = o.root ?? base;
  const context = await browser.newContext({ viewport: { width: o.width ?? 1440, height: 900 }, colorScheme: o.scheme ?? "dark", reducedMotion: "reduce" });
  const page = await context.newPage();
  const wrong = watch(page);
  await page.goto(root + hash);
  await settled(page);
  return { page, wrong, done: () => context.close() };
}

const call = (await (async () => {
  const { calls } = await import("../fixtures/calls.mjs");
  return calls(new URLSearchParams("limit=5")).calls[4];
})());
const quota = encodeURIComponent("us-east-1/anthropic.claude-haiku-4-5-20251001-v1:0/geo/requests_per_minute");

const views = ["#/overview", "#/quotas", "#/quotas?show=all&status=ok", `#/quotas/${quota}`, "#/calls", `#/calls/${call.id}?pause=1`, "#/runs", `#/runs/${call.run}?tenant=${call.tenant}`, "#/cost", "#/cost?by=model&since=30d", "#/plan", "#/plan?runs=40&over=max_tokens", "#/alarms", "#/alarms/headgate-us-east-1-account-throttles", "#/doctor", "#/schema", "#/schema/s_running", "#/schema/s_done?show=report"];

for (const [width, scheme] of [[1440, "dark"], [1440, "light"], [390, "dark"], [390, "light"]]) {
  test(`every page at ${width} px, ${scheme}`, async () => {
    const { page, wrong, done } = await visit(views[0], { width, scheme });
    for (const view of views) {
      await page.evaluate((hash) => (location.hash = hash), view);
      await settled(page);
      await sound(page, view);
    }
    assert.deepEqual(wrong, []);
    await done();
  });
}

test("keys lead to pages, rows and back", async () => {
  const { page, wrong, done } = await visit("#/overview");
  await page.keyboard.press("g");
  await page.keyboard.press("q");
  await page.waitForSelector("h1:text('Quotas')");
  await page.waitForSelector("tbody a");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".drawer");
  const first = await page.textContent(".drawer h2");
  await page.keyboard.press("k");
  await page.waitForFunction((t) => document.querySelector(".drawer h2")?.textContent !== t, first);
  await page.keyboard.press("Escape");
  await page.waitForSelector(".drawer", { state: "detached" });
  await page.keyboard.press("/");
  await page.waitForFunction(() => document.activeElement?.type === "search");
  await page.keyboard.type("haiku");
  await page.waitForFunction(() => location.hash.includes("q=haiku"));
  assert.equal(await page.locator("tbody tr").count(), 2);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.waitForSelector("dialog[open]");
  assert.deepEqual(wrong, []);
  await done();
});

test("an address brings the view back", async () => {
  const { page, done } = await visit("#/quotas?show=all&sort=-applied&q=sonnet");
  const rows = await page.locator("tbody tr td:first-child").allTextContents();
  assert.equal(rows.length, 2);
  assert.match(rows[0], /Tokens/);
  assert.equal(await page.locator("th[aria-sort=descending]").textContent(), "Applied");
  await done();
});

test("a request is previewed, and filed only once its code is typed", async () => {
  const { page, done } = await visit(`#/quotas/${quota}`);
  const sent = [];
  page.on("request", (r) => r.method() === "POST" && sent.push(r.postDataJSON()));
  await page.click("text=Request more…");
  await page.click("dialog >> text=Preview");
  await page.waitForSelector("text=AWS would take this request");
  const file = page.locator("dialog >> text=File the request");
  assert.ok(await file.isDisabled());
  await page.fill("dialog .file input", "L-CCA5DF70");
  await file.click();
  await page.waitForSelector("text=AWS has taken the request");
  assert.deepEqual(sent, [{ code: "L-CCA5DF70", value: 10001, dry_run: true }, { code: "L-CCA5DF70", value: 10001, dry_run: false }]);
  await done();
});

test("calls arrive by themselves, and wait while paused", async () => {
  const { page, done } = await visit("#/calls");
  const rows = page.locator("tbody tr");
  const before = await rows.count();
  await page.waitForFunction((n) => document.querySelectorAll("tbody tr").length > n, before);
  await page.click("text=Pause");
  const held = await rows.count();
  await page.waitForSelector("text=/Resume, \\d+ new/");
  assert.equal(await rows.count(), held);
  await page.click("text=Resume");
  await page.waitForFunction((n) => document.querySelectorAll("tbody tr").length > n, held);
  await done();
});

test("a gateway that goes away is said to be, and found again", async () => {
  const port = await free();
  let own = await serve(port);
  const { page, done } = await visit("#/overview", { root: `http://127.0.0.1:${port}/` });
  await page.waitForSelector("text=Headroom");
  own.kill();
  await page.waitForSelector("[role=alert] >> text=/What you see is .* old/");
  own = await serve(port);
  await page.click("text=Try now", { timeout: 2000 }).catch(() => {}); // it may have come back by itself
  await page.waitForSelector("[role=alert] >> text=/What you see/", { state: "detached" });
  own.kill();
  await done();
});

test("who is not known is told how to get in", async () => {
  const { page, done } = await visit("#/overview");
  await page.click("[aria-label='Sign out']");
  await page.waitForSelector("text=headgate token create");
  await page.fill("input[type=password]", "hgt_wrong");
  await page.click("text=Sign in");
  await page.waitForSelector("[role=alert]");
  await page.fill("input[type=password]", "hgt_right");
  await page.click("text=Sign in");
  await page.waitForSelector("text=Headroom");
  await done();
});
