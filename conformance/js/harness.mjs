// What every JavaScript client of the suite stands on.
//
// A part of a client runs in a process of its own, against a gateway and an
// emulator of its own, on free ports. Its cases are functions; each ends as one
// line on standard output and as one JSON line in the file named by
// CONFORMANCE_RESULTS.

import { spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import http2 from "node:http2";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const GEO_MODEL = "us.anthropic.claude-haiku-4-5-20251001-v1:0";
export const BASE_MODEL = "anthropic.claude-haiku-4-5-20251001-v1:0";
export const MALFORMED_MODEL = "anthropic.claude-3-5-haiku-20241022:0";
export const TOO_MANY_TOKENS = 5_000_000;

const MEANT = "did you mean us.anthropic.claude-3-5-haiku-20241022-v1:0";

// Seconds of silence after which the AWS SDK closes a session over HTTP/2, unless told otherwise:
// github.com/smithy-lang/smithy-typescript, node-http-handler, createIsolatedSession.
export const sessionTimeout = 300;

// Longest that a stack may take to stop, in milliseconds.
const PATIENCE = 20_000;

// A gateway in front of an emulator, as `headgate up` makes them, for the
// duration of use. Clients that read the environment are directed to the
// gateway, or to the emulator.
export async function withStack(flags, use, { direct = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "headgate-conformance-"));
  const child = spawn(
    process.env.HEADGATE,
    ["up", "--listen", "127.0.0.1:0", "--emulator-listen", "127.0.0.1:0", "--data-dir", join(folder, "data"),
      "--first-token", "0", "--per-token", "0", ...flags],
    // The folder is the working directory too: no headgate.yaml of somebody's is read.
    { cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
  );
  const ended = once(child, "exit");
  try {
    const stack = await listening(child);
    pointAt(direct ? stack.emulator : stack.gateway);
    return await use(stack);
  } finally {
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
    await ended;
    clearTimeout(late);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function listening(child) {
  const said = [];
  const lines = createInterface({ input: child.stderr });
  return await new Promise((resolve, reject) => {
    lines.on("line", (line) => {
      const found = /the gateway listens on (http:\/\/\S+:)(\d+), its emulator on port (\d+)/.exec(line);
      if (found) return resolve({ gateway: found[1] + found[2], emulator: found[1] + found[3] });
      said.push(line);
      if (line.startsWith("headgate: ready")) reject(new Error("headgate up says its addresses otherwise: " + said.join("\n")));
    });
    lines.on("close", () => reject(new Error("headgate up did not start: " + said.join("\n"))));
  });
}

// Direct clients that are made from now on to url.
export function pointAt(url) {
  process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME = url;
}

// What the emulator counted of GEO_MODEL: every call that reached its quotas.
export async function pool(stack) {
  const stats = await (await fetch(stack.emulator + "/emulator/stats")).json();
  const found = stats.accounts[0].pools.find((p) => p.model === BASE_MODEL && p.path === "geo");
  check(found, "no call reached the emulator");
  return found;
}

// Make calls go wrong upstream: the members of the emulator's faults.
export async function fault(stack, members) {
  const answer = await fetch(stack.emulator + "/emulator/faults", { method: "PUT", body: JSON.stringify(members) });
  check(answer.ok, `faults: status ${answer.status}`);
}

// Check that exactly that many calls reached the upstream, and that it throttled none.
export async function untouched(stack, calls) {
  const { requests, throttled } = await pool(stack);
  check(requests === calls, `${requests} upstream calls, want ${calls}`);
  check(Object.values(throttled).every((n) => n === 0), `throttled upstream: ${JSON.stringify(throttled)}`);
}

// A server that takes requests and never answers them; requests counts them.
export async function silence({ protocol }) {
  const held = { requests: 0, url: "" };
  const server = protocol === "h2" ? http2.createServer() : net.createServer();
  if (protocol === "h2") server.on("stream", (stream) => { held.requests++; stream.on("error", () => {}); });
  else server.on("connection", (socket) => { held.requests++; socket.on("error", () => {}); socket.resume(); });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  held.url = `http://127.0.0.1:${server.address().port}`;
  return held;
}

// Run the cases of the part that the command line names; exit with 1 if one failed.
export async function main(name, parts) {
  let failed = false;
  for (const [title, run] of parts[process.argv[2]]()) {
    const begun = performance.now();
    let told = {};
    let result = "passed";
    try {
      told = (await run()) ?? {};
    } catch (error) { // whatever a client throws is a finding
      told = { detail: `${error.name}: ${error.message}`.split("\n")[0] };
      result = "failed";
      failed = true;
    }
    const seconds = (performance.now() - begun) / 1000;
    const tail = `${seconds.toFixed(1).padStart(6)} s  ${told.detail ?? ""}`;
    console.log(`${result.padEnd(8)}${name.padEnd(28)}${title.padEnd(52)}${tail}`.trimEnd());
    const line = { client: name, case: title, result, seconds: Math.round(seconds * 10) / 10, ...told };
    appendFileSync(process.env.CONFORMANCE_RESULTS, JSON.stringify(line) + "\n");
  }
  process.exit(failed ? 1 : 0); // clients keep connections open
}

// Fail the case unless condition holds.
export function check(condition, what) {
  if (!condition) throw new Error(what);
}

// Everything that an asynchronous iterable yields.
export async function all(iterable) {
  const yielded = [];
  for await (const value of iterable) yielded.push(value);
  return yielded;
}

// Run call, which must fail, and return what it threw.
export async function thrown(call) {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error("no error");
}

// Check the error for a model id that is not one.
export function didYouMean(error) {
  check(error.name === "ValidationException", `${error.name}: ${error.message}`);
  check(error.message.includes(MEANT), error.message);
}

// A tool's input schema with something of each kind to get wrong.
export function forecastSchema() {
  return {
    type: "object",
    properties: {
      city: { type: "string" },
      unit: { type: "string", enum: ["celsius", "fahrenheit"] },
      days: { type: "integer", minimum: 1, maximum: 7 },
    },
    required: ["city", "unit", "days"],
  };
}

// Check value against forecastSchema.
export function conforms(value) {
  check(Object.keys(value).sort().join() === "city,days,unit", `members ${Object.keys(value)}`);
  check(typeof value.city === "string", `city ${value.city}`);
  check(["celsius", "fahrenheit"].includes(value.unit), `unit ${value.unit}`);
  check(Number.isInteger(value.days) && value.days >= 1 && value.days <= 7, `days ${value.days}`);
}

// The installed version of a package.
export function version(name) {
  const found = createRequire(import.meta.url).resolve.paths(name).map((folder) => join(folder, name, "package.json"));
  for (const path of found) {
    try {
      return createRequire(import.meta.url)(path).version;
    } catch (error) {
      if (error.code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  throw new Error(`${name} is not installed`);
}
