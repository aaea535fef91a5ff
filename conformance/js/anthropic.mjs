// Anthropic's SDK for Bedrock with its default configuration. It sends no
// invocation id: the gateway knows its retries by their content.

import { AnthropicBedrock } from "@anthropic-ai/bedrock-sdk";

import {
  GEO_MODEL, MALFORMED_MODEL, TOO_MANY_TOKENS,
  all, check, conforms, forecastSchema, main, pool, silence, thrown, untouched, version, withStack,
} from "./harness.mjs";

const client = (url, more = {}) => new AnthropicBedrock({
  baseURL: url,
  awsRegion: process.env.AWS_REGION,
  awsAccessKey: process.env.AWS_ACCESS_KEY_ID,
  awsSecretKey: process.env.AWS_SECRET_ACCESS_KEY,
  ...more,
});

const message = ({ text = "Say hello.", model = GEO_MODEL, maxTokens = 50, ...more } = {}) => ({
  model, max_tokens: maxTokens, messages: [{ role: "user", content: text }], ...more,
});

const alone = (call) => () => withStack([], (stack) => call(client(stack.gateway)));

async function create(anthropic) {
  const answer = await anthropic.messages.create(message());
  check(answer.content[0].text, "no text");
  check(answer.usage.output_tokens > 0, `usage ${JSON.stringify(answer.usage)}`);
}

async function stream(anthropic) {
  const events = await all(await anthropic.messages.create(message({ stream: true })));
  check(events[0].type === "message_start", `first event ${events[0].type}`);
  check(events.some((e) => e.delta?.text), "no text");
  check(events.at(-1).type === "message_stop", `last event ${events.at(-1).type}`);
}

async function forcedTool(anthropic) {
  const answer = await anthropic.messages.create(message({
    maxTokens: 500,
    tools: [{ name: "forecast", input_schema: forecastSchema() }],
    tool_choice: { type: "tool", name: "forecast" },
  }));
  conforms(answer.content.find((block) => block.type === "tool_use").input);
}

async function malformedId(anthropic) {
  const error = await thrown(() => anthropic.messages.create(message({ model: MALFORMED_MODEL })));
  check(error.status === 400, `status ${error.status}`);
  check(error.message.includes("did you mean us.anthropic.claude-3-5-haiku-20241022-v1:0"), error.message);
}

async function tooManyTokens(anthropic) {
  // The SDK refuses by itself what would take long without a stream, so this one streams.
  const error = await thrown(() => anthropic.messages.create(message({ maxTokens: TOO_MANY_TOKENS, stream: true })));
  check(error.status === 400, `status ${error.status}: ${error.message}`);
  check(error.message.includes("exceed the model limit"), error.message);
}

const quick = () => [
  ["messages.create", alone(create)],
  ["messages.create with stream", alone(stream)],
  ["forced tool", alone(forcedTool)],
  ["malformed model id: did you mean", alone(malformedId)],
  ["max_tokens too large: status 400", alone(tooManyTokens)],
];

// Without the gateway: what the client's own retries make of a quota.
const direct = () => [["direct, 2 a minute: throttled after retries", () =>
  withStack(["--requests-per-minute", "2"], async (stack) => {
    const anthropic = client(stack.emulator);
    await create(anthropic);
    await create(anthropic);
    const error = await thrown(() => create(anthropic));
    check(error.status === 429, `${error.name}: ${error.message}`);
    const attempts = (await pool(stack)).throttled.requests;
    check(attempts > 1, "the SDK did not retry");
    return { detail: `${attempts} attempts` };
  })]];

// Node's fetch gives up after a silence of its own; here of 25 s instead of 300 s, and with one attempt alone.
const awake = () => [["fetch reads for 25 s, wait of 60 s: kept awake", () =>
  withStack(["--requests-per-minute", "2"], async (stack) => {
    await fetch(stack.emulator + "/emulator/stats"); // makes the dispatcher whose class is wanted
    const Agent = globalThis[Symbol.for("undici.globalDispatcher.1")].constructor;
    const anthropic = client(stack.gateway, { maxRetries: 0, fetchOptions: { dispatcher: new Agent({ headersTimeout: 25_000 }) } });
    await Promise.all([0, 1, 2].map((i) => anthropic.messages.create(message({ text: `Caller ${i}.` }))));
    await untouched(stack, 3);
    return { detail: "one attempt allowed, 3 upstream calls, no throttle" };
  })]];

// The SDK's own timer runs on whatever it hears.
const impatient = () => [["timeout of 25 s, wait of 60 s", () =>
  withStack(["--requests-per-minute", "2"], async (stack) => {
    const anthropic = client(stack.gateway, { timeout: 25_000 });
    await Promise.all([0, 1, 2].map((i) => anthropic.messages.create(message({ text: `Caller ${i}.` }))));
    await untouched(stack, 3);
    return { detail: "3 upstream calls, no throttle" };
  })]];

// Seconds of silence after which fetch gives up in Node, whatever the SDK's own 600 s say:
// undici.nodejs.org, api/Client (headersTimeout).
const headersTimeout = 300;

const silent = () => [["longest wait", async () => {
  const server = await silence({ protocol: "h1" });
  const error = await thrown(() => client(server.url, { timeout: 1_000 }).messages.create(message()));
  check(error.name === "APIConnectionTimeoutError", `${error.name}: ${error.message}`);
  const attempts = server.requests;
  return {
    attempts, seconds_an_attempt: headersTimeout, longest_wait_s: headersTimeout * attempts,
    detail: `${attempts} attempts × ${headersTimeout} s`,
  };
}]];

await main(`Anthropic Bedrock SDK ${version("@anthropic-ai/bedrock-sdk")}`, { quick, direct, awake, impatient, silent });
