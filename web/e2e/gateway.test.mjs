// The dashboard that the binary serves, over a running gateway and its emulator: who
// is let in, every page, what is live, what is written. Nothing here is made up.
//
//   HEADGATE=../bin/headgate CHROMIUM=/usr/bin/chromium node --test e2e/gateway.test.mjs
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { open } from "./browser.mjs";
import { Gateway } from "./gateway.mjs";
import { settled, sound, watch } from "./look.mjs";

const strange = `<img src=x onerror="document.title='broken'">&lt;`;
let g;
let browser;
let cookies;

before(async () => {
  [g, browser] = await Promise.all([Gateway.start("--time-scale", "60", "--requests-per-minute", "30", "--seed", "7"), open()]);
  // Some runs, of which calls wait; and a name that would be markup.
  await Promise.all([1, 2, 3, 4].flatMap((n) => [1, 2, 3].map(() => g.call({ tenant: n % 2 ? "claims" : "support", run: `triage-${n}`, kind: n === 4 ? "batch" : "standard" }))));
  await g.call({ tenant: strange, run: "odd" });
});

after(async () => {
  await browser?.close();
  await g?.end();
});

/** visitor is a browser that is signed in, unless with none; it gathers what goes wrong. */
async function visitor({ width = 1440, scheme = "dark", none = false } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme, reducedMotion: "reduce", permissions: ["clipboard-read", "clipboard-write"], acceptDownloads: true });
  if (!none) await context.addCookies(cookies);
  const page = await context.newPage();
  const wrong = watch(page); // what the policy forbids is among it
  return { context, page, wrong, go: (hash) => at(page, hash), done: () => context.close() };
}

/** ask is a request of the API by whoever is signed in; with a token, by its bearer. */
function ask(path, { token, ...headers } = {}) {
  return fetch(g.base + path, { headers: { ...(token ? { authorization: `Bearer ${token}` } : { cookie: cookies.map((c) => `${c.name}=${c.value}`).join("; ") }), ...headers } });
}

async function at(page, hash) {
  await page.goto(`${g.base}/${hash}`);
  await settled(page);
}

test("the link that was printed lets in once, and a browser without it is told how", async () => {
  const v = await visitor({ none: true });
  await v.page.goto(g.base);
  await v.page.waitForSelector("text=headgate token create");
  await v.page.goto(g.link);
  await v.page.waitForSelector("h1:text('Overview')");
  assert.ok(!v.page.url().includes("link"), v.page.url());
  cookies = await v.context.cookies();
  assert.equal(cookies.length, 1);
  assert.equal(cookies[0].httpOnly, true);
  assert.equal(cookies[0].sameSite, "Strict");
  await v.done();
  const other = await visitor({ none: true });
  const answer = await other.page.goto(g.link);
  assert.equal(answer.status(), 401);
  await other.done();
});

test("the page comes with a strict policy, and what is not there is said", async () => {
  const page = await fetch(g.base);
  const policy = page.headers.get("content-security-policy");
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /script-src 'self'(;|$)/);
  assert.match(policy, /style-src 'self'(;|$)/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.equal((await fetch(`${g.base}/nothing-here`)).status, 404);
  assert.equal((await fetch(`${g.base}/assets/nothing.js`)).status, 404);
  const refused = await ask("/api/v1/calls?colour=red");
  assert.equal(refused.status, 400);
  assert.match(refused.headers.get("content-type"), /problem\+json/);
  assert.equal((await ask("/api/v1/nothing")).status, 404);
  const v = await visitor();
  await v.page.goto(`${g.base}/#/nothing`);
  await v.page.waitForSelector("text=There is no such page");
  assert.deepEqual(v.wrong, []);
  await v.done();
});

async function views() {
  const { calls } = await (await ask("/api/v1/calls?limit=1")).json();
  return ["overview", "quotas", "quotas?show=all", "calls", `calls/${calls[0].id}?pause=1`, "runs", "runs/triage-1?tenant=claims", "cost", "plan", "alarms", "doctor", "schema", "cost?by=tenant"].map((v) => `#/${v}`);
}

for (const [width, scheme] of [[1440, "dark"], [1440, "light"], [390, "dark"], [390, "light"]]) {
  test(`every page at ${width} px, ${scheme}: no error, no finding of axe, no wider than the screen`, async () => {
    const v = await visitor({ width, scheme });
    for (const view of await views()) {
      await v.go(view);
      await v.page.waitForSelector("main :is(table, .stats, .card, .empty, .planning)");
      await sound(v.page, view);
      assert.equal(await v.page.locator(".banner.bad >> text=/Mistake of this page|Not Found/").count(), 0, view);
    }
    assert.deepEqual(v.wrong, []);
    await v.done();
  });
}

test("a call that is made is seen at once, without a reload", async () => {
  const v = await visitor();
  await v.go("#/calls");
  await v.page.waitForSelector("tbody tr");
  assert.equal(await g.call({ tenant: "just-now" }), 200);
  await v.page.waitForSelector("tbody tr:first-child >> text=just-now", { timeout: 5000 });
  await v.go("#/overview");
  const today = v.page.locator(".stat:has(dt:text('Calls today')) .figure");
  const before = Number(await today.textContent());
  await g.call();
  await v.page.waitForFunction((n) => [...document.querySelectorAll(".stat")].some((s) => s.querySelector("dt").textContent === "Calls today" && Number(s.querySelector(".figure").textContent) > n), before, { timeout: 5000 });
  assert.deepEqual(v.wrong, []);
  await v.done();
});

test("calls that wait are seen, and a call explains itself", async () => {
  const v = await visitor();
  await v.go("#/overview");
  const crowd = Array.from({ length: 50 }, () => g.call({ run: "crowd" })); // more than a minute's quota
  await v.page.waitForFunction(() => [...document.querySelectorAll(".stat")].some((s) => s.querySelector("dt").textContent === "Waiting now" && Number(s.querySelector(".figure").textContent) > 0));
  await v.page.waitForSelector(".limits >> text=waiting");
  await Promise.all(crowd);
  await v.go("#/calls?run=crowd");
  await v.page.click("tbody tr >> nth=0");
  await v.page.waitForSelector(".drawer .summary");
  assert.ok((await v.page.locator(".drawer .story li").count()) >= 3);
  assert.deepEqual(v.wrong, []);
  await v.done();
});

test("a name with markup in it is text", async () => {
  const v = await visitor();
  await v.go("#/calls");
  await v.page.waitForSelector(`text=${strange}`);
  await v.go("#/cost?by=tenant");
  await v.page.waitForSelector(`text=${strange}`);
  assert.equal(await v.page.locator("main img").count(), 0);
  assert.doesNotMatch(await v.page.title(), /broken/);
  assert.deepEqual(v.wrong, []);
  await v.done();
});

test("the keyboard is enough", async () => {
  const v = await visitor();
  await v.go("#/overview");
  await v.page.keyboard.press("Tab");
  assert.equal(await v.page.evaluate(() => document.activeElement.textContent), "Skip to the content");
  await v.page.keyboard.press("Enter");
  assert.equal(await v.page.evaluate(() => document.activeElement.id), "main");
  for (const [key, title] of [["q", "Quotas"], ["c", "Calls"], ["r", "Runs"], ["p", "Plan"], ["d", "Doctor"], ["s", "Schema"]]) {
    await v.page.keyboard.press("g");
    await v.page.keyboard.press(key);
    await v.page.waitForSelector(`h1:text-is("${title}")`);
  }
  await v.page.keyboard.press("g");
  await v.page.keyboard.press("q");
  await v.page.waitForSelector("tbody a");
  await v.page.keyboard.press("j");
  await v.page.keyboard.press("Enter");
  await v.page.waitForSelector(".drawer");
  await v.page.keyboard.press("Escape");
  await v.page.waitForSelector(".drawer", { state: "detached" });
  await v.page.keyboard.press("?");
  await v.page.waitForSelector("dialog[open]");
  await v.page.keyboard.press("Escape");
  assert.deepEqual(v.wrong, []);
  await v.done();
});

test("a plan follows its sliders, and its address brings it back", async () => {
  const v = await visitor();
  await v.go("#/plan?preset=development");
  const track = v.page.locator("input[aria-label='Runs a minute, by its size']");
  await track.focus();
  for (let i = 0; i < 4; i++) await v.page.keyboard.press("ArrowRight");
  await v.page.waitForFunction(() => /runs=/.test(location.hash));
  await v.page.fill("input[aria-label^='Runs a minute, runs']", "5000");
  await v.page.keyboard.press("Enter");
  await v.page.waitForSelector(".banner.bad >> text=/5,000 runs a minute .* do not fit/");
  await v.page.waitForSelector("text=needed now");
  await v.page.reload();
  await v.page.waitForSelector(".banner.bad >> text=/5,000 runs a minute/");
  await v.page.click("text=Try it");
  await v.page.waitForSelector("text=/runs a minute, the formula says/", { timeout: 60_000 });
  assert.deepEqual(v.wrong, []);
  await v.done();
});

test("files become a schema before one's eyes, offline", async () => {
  const v = await visitor();
  const file = async (name, text) => {
    await writeFile(join(g.dir, name), text);
    return join(g.dir, name);
  };
  const rows = (n, f) => Array.from({ length: n }, (_, i) => f(i + 1)).join("\n");
  await v.go("#/schema");
  await v.page.setInputFiles("input[type=file]", [
    await file("customers.csv", `id,name,email\n${rows(20, (i) => `${i},Customer ${i},c${i}@example.org`)}\n`),
    await file("orders.csv", `id,customer_id,total\n${rows(60, (i) => `${i},${1 + (i % 20)},${i}.50`)}\n`),
    await file("report.pdf", "%PDF-1.7"),
    await file("empty.csv", ""),
  ]);
  await v.page.waitForSelector(".picked li.bad >> text=.pdf is not a format that is read");
  await v.page.waitForSelector(".picked li.bad >> text=It is empty");
  await v.page.fill("textarea", "Orders of a shop");
  await v.page.click("text=Make the schema");
  await v.page.waitForSelector(".taken .done >> text=Measure");
  await v.page.waitForSelector(".diagram img", { timeout: 60_000 });
  await v.page.waitForFunction(() => document.querySelector(".diagram img").naturalWidth > 100);
  const [all] = await Promise.all([v.page.waitForEvent("download"), v.page.click("text=Download all")]);
  assert.match(all.suggestedFilename(), /\.zip$/);
  assert.equal(await all.failure(), null);
  await v.page.click(".filters >> text=DDL");
  await v.page.waitForSelector("code >> text=/REFERENCES \"customers\"/");
  await v.page.click(".ddl [aria-label=Copy]");
  assert.match(await v.page.evaluate(() => navigator.clipboard.readText()), /CREATE TABLE "orders"/);
  await v.page.click(".filters >> text=Report");
  await v.page.waitForSelector("text=every constraint holds");
  await v.page.click("text=Schemas");
  await v.page.waitForSelector("tbody >> text=Orders of a shop");
  assert.deepEqual(v.wrong, []);
  await v.done();
});

test("alarms are made only after a preview, and once that is typed", async () => {
  const v = await visitor();
  await v.go("#/alarms");
  await v.page.click("text=Apply…");
  await v.page.waitForSelector("dialog >> text=/Preview: \\d+ alarms? would change/");
  const planned = await v.page.locator("tbody >> text=missing").count();
  assert.ok(planned > 0 && planned < 20, `${planned} alarms are planned for the one model that is called`);
  const button = v.page.locator("dialog form.file button[type=submit]");
  assert.ok(await button.isDisabled());
  const word = await v.page.getAttribute("dialog form.file input", "placeholder");
  await v.page.fill("dialog form.file input", word);
  await button.click();
  await v.page.waitForSelector("dialog .banner.ok", { timeout: 20_000 });
  await v.page.keyboard.press("Escape");
  await v.page.waitForSelector("text=/Every planned alarm is there/");
  assert.deepEqual(v.wrong, []);
  await v.done();
});

test("a gateway that is gone is told of, and comes back by itself", async () => {
  const v = await visitor();
  await v.go("#/overview");
  await v.page.waitForSelector("footer .pulse.ok");
  await g.kill();
  await v.page.waitForSelector("[role=alert] >> text=/What you see is .* old/", { timeout: 15_000 });
  await g.run();
  await v.page.click("text=Try now", { timeout: 2000 }).catch(() => {}); // it may have come back by itself
  await v.page.waitForSelector("[role=alert] >> text=/What you see/", { state: "detached", timeout: 20_000 });
  await v.page.waitForSelector("footer .pulse.ok");
  await g.call({ tenant: "after-all" });
  await v.go("#/calls");
  await v.page.waitForSelector("text=after-all");
  await v.done(); // what could not be loaded in between stands in the console
});

test("a token lets in as its role says, and a wrong one does not", async () => {
  const v = await visitor({ none: true });
  const token = g.command("token", "create", "--name", "reader", "--role", "read", "--data-dir", join(g.dir, "data"));
  await v.page.goto(g.base);
  await v.page.fill("input[type=password]", `${token.slice(0, -4)}0000`);
  await v.page.click("button:text('Sign in')");
  await v.page.waitForSelector("#wrong[role=alert]");
  await v.page.fill("input[type=password]", token);
  await v.page.click("button:text('Sign in')");
  await v.page.waitForSelector("h1:text('Overview')");
  await v.page.waitForSelector("footer .pulse.ok");
  await at(v.page, "#/schema");
  assert.equal(await v.page.locator("text=Make the schema").count(), 0);
  await v.page.click("[aria-label='Sign out']");
  await v.page.waitForSelector("input[type=password]");
  const cross = await ask("/api/v1/overview", { token, origin: "http://elsewhere.example" });
  assert.equal(cross.status, 403);
  assert.equal((await fetch(`${g.base}/api/v1/overview`)).status, 401);
  assert.equal((await ask("/api/v1/overview", { token })).status, 200);
  await v.done();
});
