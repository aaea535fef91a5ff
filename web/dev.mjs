// A server for working on the dashboard: it builds on each page load, serves under
// the policy that the gateway sends, and passes /api on to a running gateway.
//
//   node dev.mjs [--listen 127.0.0.1:8190] [--gateway http://127.0.0.1:8080] [--fixtures all|missing|none]
//
// Fixtures are made-up answers for what the gateway does not have (missing), or for
// all of it (all, for looks and for tests).
import { context } from "esbuild";
import { createServer, request } from "node:http";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { options, page } from "./bundle.mjs";
import { fixture } from "./fixtures/fixtures.mjs";

const { values: flags } = parseArgs({ options: {
  listen: { type: "string", default: "127.0.0.1:8190" },
  gateway: { type: "string", default: "http://127.0.0.1:8080" },
  fixtures: { type: "string", default: "missing" },
} });

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const types = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

process.chdir(import.meta.dirname);
const builder = await context({ ...options, entryNames: "[name]", sourcemap: "inline" });
let files = new Map();

async function build() {
  const built = await builder.rebuild();
  files = new Map(built.outputFiles.map((f) => [basename(f.path), f.contents]));
}
await build();

function pass(req, res) {
  const to = new URL(req.url, flags.gateway);
  const headers = { ...req.headers, host: to.host };
  if (headers.origin) headers.origin = flags.gateway;
  const up = request(to, { method: req.method, headers }, (answer) => {
    if (flags.fixtures === "missing" && answer.statusCode === 404) {
      let text = "";
      answer.on("data", (d) => (text += d)).on("end", () => {
        if (text.includes("nothing at this path") && fixture(req, res)) return;
        res.writeHead(404, answer.headers).end(text);
      });
      return;
    }
    res.writeHead(answer.statusCode, answer.headers);
    answer.pipe(res);
  });
  up.on("error", () => res.writeHead(502, { "content-type": "text/plain" }).end("the gateway does not answer\n"));
  res.on("close", () => up.destroy());
  req.pipe(up);
}

const server = createServer(async (req, res) => {
  const path = new URL(req.url, "http://dev").pathname;
  if (path.startsWith("/api/")) {
    if (flags.fixtures === "all") {
      if (!fixture(req, res)) res.writeHead(404, { "content-type": "application/problem+json" }).end(JSON.stringify({ title: "Not Found", status: 404, detail: `There is no ${path}.` }));
      return;
    }
    pass(req, res);
    return;
  }
  const headers = { "content-security-policy": policy, "x-content-type-options": "nosniff", "cache-control": "no-store" };
  if (path === "/") {
    try {
      await build();
    } catch (e) {
      res.writeHead(500, { "content-type": "text/plain" }).end(e.message);
      return;
    }
    res.writeHead(200, { ...headers, "content-type": "text/html; charset=utf-8" }).end(await page([...files.keys()]));
    return;
  }
  const name = basename(path);
  const bytes = path.startsWith("/assets/") && files.get(name);
  if (!bytes) {
    res.writeHead(404, headers).end();
    return;
  }
  res.writeHead(200, { ...headers, "content-type": types[name.slice(name.lastIndexOf("."))] ?? "application/octet-stream" }).end(bytes);
});
const [host, port] = flags.listen.split(":");
server.listen(Number(port), host, () => console.log(`http://${flags.listen}/  (/api: ${flags.fixtures === "all" ? "fixtures" : flags.gateway})`));
