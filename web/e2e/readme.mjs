// The screenshots of the README, of a real run: a gateway in front of the emulated
// account, with agents that call it, and a schema that is made of files.
//
//   HEADGATE=../bin/headgate node e2e/readme.mjs [--out ../docs/images]
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { open } from "./browser.mjs";
import { Gateway } from "./gateway.mjs";

const { values: flags } = parseArgs({ options: { out: { type: "string", default: "../docs/images" }, seconds: { type: "string", default: "40" } } });
const most = 200_000; // bytes of a picture

const g = await Gateway.start("--time-scale", "30", "--requests-per-minute", "40", "--tokens-per-minute", "200000", "--seed", "11");
const browser = await open();
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: "dark", reducedMotion: "reduce" });
const page = await context.newPage();
await page.goto(g.link);
await page.waitForSelector("h1");

// Agents of six calls, one after another; some people in between, and a batch.
let over = false;
let agents = 0;
async function agent(tenant) {
  for (let n = 0; !over; n++) {
    const run = `${tenant}-${++agents}`;
    for (let call = 0; call < 6 && !over; call++) await g.call({ tenant, run, max: 512, text: "Summarise the ticket. ".repeat(20 + ((n * 7 + call * 13) % 40)) }).catch(() => {});
  }
}
async function often(tenant, kind, pause) {
  while (!over) {
    await g.call({ tenant, kind, max: 256, text: "Hello. ".repeat(30) }).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
const traffic = [...["claims", "claims", "support", "support", "research"].map(agent), often("chat", "interactive", 400), often("nightly", "batch", 100), often("nightly", "batch", 100)];

/** shoot keeps what is seen. */
async function shoot(name) {
  const path = join(flags.out, `${name}.png`);
  await page.screenshot({ path });
  const { size } = await stat(path);
  console.log(`${path}: ${Math.round(size / 1000)} kB`);
  if (size > most) throw new Error(`${path} is larger than ${most} bytes`);
}

const csv = async (name, head, n, row) => {
  const path = join(g.dir, name);
  await writeFile(path, `${head}\n${Array.from({ length: n }, (_, i) => row(i + 1)).join("\n")}\n`);
  return path;
};
const day = (i) => `2026-0${1 + (i % 9)}-${10 + (i % 18)}`;
const files = [
  await csv("customers.csv", "id,name,email,city", 40, (i) => `${i},Customer ${i},c${i}@example.org,${["Bern", "Oslo", "Porto"][i % 3]}`),
  await csv("products.csv", "sku,title,price", 25, (i) => `P-${100 + i},Product ${i},${i}.90`),
  await csv("orders.csv", "id,customer_id,placed_on,status", 200, (i) => `${1000 + i},${1 + ((i * 7) % 40)},${day(i)},${["new", "paid", "sent"][i % 3]}`),
  await csv("order_items.csv", "order_id,line,product_sku,quantity", 400, (i) => `${1001 + Math.floor((i - 1) / 2)},${1 + ((i - 1) % 2)},P-${101 + ((i * 11) % 25)},${1 + (i % 4)}`),
  await csv("shipments.csv", "id,order_id,shipped_on,carrier", 120, (i) => `${i},${1000 + i},${day(i + 2)},${["post", "courier"][i % 2]}`),
];

try {
  await mkdir(flags.out, { recursive: true });
  await new Promise((resolve) => setTimeout(resolve, Number(flags.seconds) * 1000));
  await page.waitForSelector(".limits .spark");
  await shoot("overview");
  await page.goto(`${g.base}/#/quotas?show=all`);
  await page.waitForSelector("tbody a");
  await page.locator("tbody a").first().click();
  await page.waitForSelector(".drawer");
  await page.waitForTimeout(500);
  await shoot("quotas");
  over = true;
  await page.goto(`${g.base}/#/schema`);
  await page.setInputFiles("input[type=file]", files);
  await page.fill("input.named", "shop");
  await page.fill("textarea", "Orders of a small shop: what was ordered by whom, and how it was sent");
  await page.click("text=Make the schema");
  await page.waitForSelector(".diagram img", { timeout: 120_000 });
  await page.waitForFunction(() => document.querySelector(".diagram img").naturalWidth > 0);
  await page.waitForTimeout(500);
  await shoot("schema");
} finally {
  over = true;
  await browser.close();
  await g.end();
  await Promise.allSettled(traffic);
}
