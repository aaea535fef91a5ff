// What is built, said once for build.mjs and dev.mjs.
import { readFile } from "node:fs/promises";

export const options = {
  // theme is apart: it runs before the first paint, app after the page is read.
  entryPoints: ["src/app.tsx", "src/theme.ts"],
  bundle: true,
  format: "iife",
  target: ["es2022", "chrome111", "firefox114", "safari16.4"],
  jsx: "automatic",
  jsxImportSource: "preact",
  loader: { ".svg": "dataurl" },
  legalComments: "none",
  charset: "utf8",
  metafile: true,
  write: false,
  outdir: "dist/assets",
  publicPath: "/assets",
  logLevel: "warning",
};

/** page is index.html with the names of the files that were built. */
export async function page(files) {
  const name = (start, end) => {
    const found = files.find((f) => f.startsWith(start) && f.endsWith(end));
    if (!found) throw new Error(`nothing was built for ${start}*${end}`);
    return `/assets/${found}`;
  };
  const html = await readFile(new URL("src/index.html", import.meta.url), "utf8");
  return html
    .replace("{{theme.js}}", name("theme", ".js"))
    .replace("{{app.css}}", name("app", ".css"))
    .replace("{{app.js}}", name("app", ".js"));
}
