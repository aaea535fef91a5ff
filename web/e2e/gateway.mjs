// A real gateway in front of the emulator, with traffic, for tests and screenshots.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = new URL("../..", import.meta.url).pathname;
export const model = "us.anthropic.claude-haiku-4-5-20251001-v1:0";

/** binary is headgate: that of HEADGATE, else one that is built now. */
function binary(dir) {
  if (process.env.HEADGATE) return process.env.HEADGATE;
  const path = join(dir, "headgate");
  const built = spawnSync("go", ["build", "-o", path, "./cmd/headgate"], { cwd: root, stdio: "inherit" });
  if (built.status !== 0) throw new Error("headgate could not be built");
  return path;
}

/** Gateway is `headgate up` with a data folder of its own. */
export class Gateway {
  #child = null;
  #args;
  base = ""; // http://127.0.0.1:PORT
  link = ""; // opens the page once

  constructor(dir, bin, args) {
    this.dir = dir;
    this.bin = bin;
    this.#args = args;
  }

  static async start(...args) {
    const dir = await mkdtemp(join(tmpdir(), "headgate-page-"));
    const g = new Gateway(dir, binary(dir), args);
    await g.run();
    return g;
  }

  /** run starts it; a second time at the address that it had. */
  async run() {
    const listen = this.base ? new URL(this.base).host : "127.0.0.1:0";
    const child = spawn(this.bin, ["up", "--no-color", "--listen", listen, "--emulator-listen", "127.0.0.1:0", "--data-dir", join(this.dir, "data"), ...this.#args], { env: environment(), cwd: this.dir, stdio: ["ignore", "ignore", "pipe"] });
    this.#child = child;
    let said = "";
    await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the gateway is not ready: ${said}`)), 30_000);
      child.once("exit", (code) => reject(new Error(`the gateway ended with ${code}: ${said}`)));
      child.stderr.on("data", (d) => {
        said += d;
        if (!said.includes("ready;")) return;
        clearTimeout(late);
        resolve();
      });
    });
    this.base = /listens on (http:\S+?),/.exec(said)?.[1] ?? "";
    this.link = /dashboard: (http:\S+\?link=\S+)/.exec(said)?.[1] ?? "";
    if (!this.base) throw new Error(`no address in: ${said}`);
  }

  /** kill ends it as a power cut does. */
  async kill() {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null) return;
    child.removeAllListeners("exit");
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  async end() {
    await this.kill();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** command is what headgate writes to standard output. */
  command(...args) {
    const r = spawnSync(this.bin, args, { env: environment(), cwd: this.dir, encoding: "utf8" });
    if (r.status !== 0) throw new Error(`headgate ${args.join(" ")}: ${r.stderr}`);
    return r.stdout.trim();
  }

  /** call makes a call through the gateway, and returns its status. */
  async call({ tenant, run, kind = "standard", max = 100, text = "Hello" } = {}) {
    const headers = { "content-type": "application/json", "x-headgate-class": kind };
    if (tenant) headers["x-headgate-tenant"] = tenant;
    if (run) headers["x-headgate-run"] = run;
    const r = await fetch(`${this.base}/model/${encodeURIComponent(model)}/converse`, { method: "POST", headers, body: JSON.stringify({ messages: [{ role: "user", content: [{ text }] }], inferenceConfig: { maxTokens: max } }) });
    await r.arrayBuffer();
    return r.status;
  }
}

// No configuration of whoever runs the test.
function environment() {
  return { PATH: process.env.PATH, HOME: tmpdir(), AWS_REGION: "us-east-1", NO_COLOR: "1" };
}
