// Builds dist: index.html and assets whose names hold a hash of what is in them.
// The same sources give the same bytes. It ends with 1 when the whole is larger
// than what a page may be.
import { build } from "esbuild";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import { options, page } from "./bundle.mjs";

const most = 60 * 1024; // bytes, each file gzipped

process.chdir(import.meta.dirname);
const built = await build({ ...options, minify: true, entryNames: "[name]-[hash]", assetNames: "[name]-[hash]" });
const files = built.outputFiles.map((f) => ({ path: `dist/assets/${basename(f.path)}`, bytes: f.contents }));
const html = await page(files.map((f) => basename(f.path)));
files.unshift({ path: "dist/index.html", bytes: Buffer.from(html) });

await rm("dist", { recursive: true, force: true });
await mkdir("dist/assets", { recursive: true });
let total = 0;
for (const f of files) {
  await writeFile(f.path, f.bytes);
  const size = gzipSync(f.bytes, { level: 9 }).length;
  total += size;
  console.log(`${f.path.padEnd(36)} ${kb(f.bytes.length)}  ${kb(size)} gzipped`);
}
console.log(`${"total".padEnd(36)} ${" ".repeat(10)} ${kb(total)} gzipped, of at most ${kb(most).trim()}`);
if (total > most) {
  console.error("web: the page is too large");
  process.exit(1);
}

function kb(n) {
  return `${(n / 1024).toFixed(1)} KB`.padStart(9);
}
