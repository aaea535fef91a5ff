// The dashboard as it is served: a gateway over an emulated account, calls that wait
// for its quota, and a browser that comes in by the link that the gateway prints.
//
//   HEADGATE=bin/headgate CHROMIUM=/usr/bin/chromium npm run e2e
//
// Without HEADGATE the program is built first.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { open } from "./browser.mjs";
import { settled, sound, watch } from "./look.mjs";

const model = "us.anthropic.claude-haiku-4-5-20251001-v1:0";
const folder = mkdtempSync(join(tmpdir(), "headgate-e2e-"));
let gateway;
let browser;
let base = "";
let context; // of the browser that came in by the link

function free() {
  return new Promise((resolve) => {
    const s = createServer().listen(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => resolve(port));
    });
  });
}

/** up starts a gateway and gives the link that it prints. */
async function up() {
  let program = process.env.HEADGATE;
  if (!program) {
    program = join(folder, "headgate");
    execFileSync("go", ["build", "-o", program, "./cmd/headgate"], { cwd: join(import.meta.dirname, "../.."), stdio: "inherit" });
  }
  const listen = `127.0.0.1:${await free()}`;
  base = `http://${listen}`;
  gateway = spawn(program, ["up", "--listen", listen, "--emulator-listen", `127.0.0.1:${await free()}`, "--data-dir", join(folder, "data"), "--requests-per-minute", "30", "--per-token", "1ms", "--first-token", "50ms"], { cwd: folder });
  let said = "";
  const late = setTimeout(() => gateway.kill(), 60_000); // without a link nobody comes in
  return new Promise((resolve, reject) => {
    const hear = (d) => {
      said += d;
      const link = /dashboard: (\S+)/.exec(said);
      if (link && said.includes("ready")) {
        clearTimeout(late);
        resolve(link[1]);
      }
    };
    gateway.stdout.on("data", hear);
    gateway.stderr.on("data", hear);
    gateway.on("exit", () => reject(new Error(`the gateway ended:\n${said}`)));
  });
}

function call(run) {
  return fetch(`${base}/model/${encodeURIComponent(model)}/converse`, {
    method: "POST", headers: { "content-type": "application/json", "x-headgate-run": run, "x-headgate-tenant": "e2e" },
    body: JSON.stringify({ messages: [{ role: "user", content: [{ text: "Hello" }] }], inferenceConfig: { maxTokens: 60 } }),
  });
}

before(async () => {
  const link = await up();
  await Promise.all(Array.from({ length: 12 }, (_, i) => call(`run-${i % 3}`)));
  browser = await open();
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: "dark", reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.goto(link);
  await page.waitForSelector("main h1");
  assert.equal(new URL(page.url()).search, "", "the link stays in the address");
  await page.close();
});

after(async () => {
  await browser?.close();
  gateway?.removeAllListeners("exit");
  gateway?.kill();
  rmSync(folder, { recursive: true, force: true });
});

async function visit(hash, width = 1440) {
  const page = await context.newPage();
  const wrong = watch(page);
  await page.setViewportSize({ width, height: 900 });
  await page.goto(`${base}/${hash}`);
  await settled(page);
  return { page, wrong };
}

// Each page of the navigation, so that one that is added is tried too.
test("every page loads and is sound, wide and narrow", async () => {
  const { page } = await visit("#/overview");
  const hrefs = await page.locator("#nav a").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
  await page.close();
  assert.ok(hrefs.length >= 5, `${hrefs.length} pages`);
  for (const href of [...hrefs, "#/runs/run-1?tenant=e2e"]) {
    for (const width of [1440, 390]) {
      const { page, wrong } = await visit(href, width);
      await sound(page);
      assert.equal(await page.locator(".problem").count(), 0, `${href}: ${await page.locator(".problem").allTextContents()}`);
      assert.deepEqual(wrong, [], href);
      await page.close();
    }
  }
});

test("Overview is live: calls are counted as they end, and those that wait are seen", async () => {
  const { page, wrong } = await visit("#/overview");
  const today = page.locator(".stat:has-text('Calls today') .figure");
  await page.waitForFunction(() => /[1-9]/.test([...document.querySelectorAll(".stat")].find((s) => s.textContent.startsWith("Calls today"))?.querySelector(".figure")?.textContent ?? ""));
  const before = await today.textContent();
  const calls = Array.from({ length: 24 }, () => call("crowd")); // more than the quota has left
  await page.waitForFunction((n) => [...document.querySelectorAll(".stat")].find((s) => s.textContent.startsWith("Calls today"))?.querySelector(".figure")?.textContent !== n, before);
  await page.waitForFunction(() => /[1-9]/.test([...document.querySelectorAll(".stat")].find((s) => s.textContent.startsWith("Waiting now"))?.querySelector(".figure")?.textContent ?? ""));
  await page.waitForSelector(".limits >> text=waiting");
  assert.deepEqual(wrong, []);
  await page.close();
  calls.forEach((c) => c.catch(() => {})); // they wait for a minute that nobody else has to
});

test("Calls has a row for a call as soon as it has ended, and explains it", async () => {
  const { page, wrong } = await visit("#/calls?run=crowd");
  await page.waitForSelector("tbody tr");
  const before = await page.locator("tbody tr").count();
  await page.waitForFunction((n) => document.querySelectorAll("tbody tr").length > n, before, { timeout: 60_000 });
  await page.click("tbody tr >> nth=0");
  await page.waitForSelector(".drawer .summary");
  assert.ok((await page.locator(".drawer .story li").count()) >= 3);
  assert.deepEqual(wrong, []);
  await page.close();
});

test("who comes without the link is told how to get in", async () => {
  const stranger = await browser.newContext();
  const page = await stranger.newPage();
  await page.goto(base);
  await page.waitForSelector("text=headgate token create");
  await page.fill("input[type=password]", "hgt_wrong");
  await page.click("text=Sign in");
  await page.waitForSelector("[role=alert]");
  await sound(page);
  await stranger.close();
});
