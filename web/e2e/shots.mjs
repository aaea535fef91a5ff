// Screenshots of every page, wide and narrow, dark and light, into a folder.
//
//   node e2e/shots.mjs [--url http://127.0.0.1:8190/] [--out /tmp/shots] [page…]
import { mkdir } from "node:fs/promises";
import { parseArgs } from "node:util";
import { open } from "./browser.mjs";

const { values: flags, positionals } = parseArgs({ allowPositionals: true, options: {
  url: { type: "string", default: "http://127.0.0.1:8190/" },
  out: { type: "string", default: "/tmp/shots" },
  only: { type: "string", default: "" }, // such as 1440-dark
} });

await mkdir(flags.out, { recursive: true });
const browser = await open();
for (const [width, height] of [[1440, 900], [390, 844]]) {
  for (const colorScheme of ["dark", "light"]) {
    if (flags.only && flags.only !== `${width}-${colorScheme}`) continue;
    const context = await browser.newContext({ viewport: { width, height }, colorScheme });
    const page = await context.newPage();
    page.on("console", (m) => m.type() === "error" && console.log(`console: ${m.text()}`));
    page.on("pageerror", (e) => console.log(`error: ${e.message}`));
    for (const name of positionals.length ? positionals : ["overview", "quotas"]) {
      await page.goto(`${flags.url}#/${name}`);
      await page.waitForSelector("h1");
      await page.waitForTimeout(1400);
      const file = `${flags.out}/${name.replace(/[^a-z0-9-]+/gi, "_").slice(0, 60)}-${width}-${colorScheme}.png`;
      await page.screenshot({ path: file, fullPage: width < 500 });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      console.log(file, over > 0 ? `${over} px too wide` : "");
    }
    await context.close();
  }
}
await browser.close();
