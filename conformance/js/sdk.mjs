// The AWS SDK for JavaScript v3 with its default configuration, which speaks
// HTTP/2 by prior knowledge; with a first argument of "http1", on its HTTP/1.1
// handler instead.

import {
  BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand, CountTokensCommand,
  InvokeModelCommand, InvokeModelWithResponseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { NodeHttp2Handler, NodeHttpHandler } from "@smithy/node-http-handler";

import {
  BASE_MODEL, GEO_MODEL, MALFORMED_MODEL, TOO_MANY_TOKENS,
  all, check, conforms, didYouMean, fault, forecastSchema, main, pointAt, pool, sessionTimeout, silence, thrown, untouched, version, withStack,
} from "./harness.mjs";

const http1 = process.argv[3] === "http1";
const hello = [{ role: "user", content: [{ text: "Say hello." }] }];

const runtime = () => new BedrockRuntimeClient(http1 ? { requestHandler: new NodeHttpHandler() } : {});

// A client that gives an attempt up after ms without a byte.
const patient = (ms, more = {}) => new BedrockRuntimeClient({
  ...more,
  requestHandler: http1
    ? new NodeHttpHandler({ socketTimeout: ms })
    : new NodeHttp2Handler({ sessionTimeout: ms, disableConcurrentStreams: true }),
});

const ask = (client, { text = "Say hello.", model = GEO_MODEL, maxTokens = 50, ...more } = {}) =>
  client.send(new ConverseCommand({
    modelId: model, messages: [{ role: "user", content: [{ text }] }], inferenceConfig: { maxTokens }, ...more,
  }));

async function converse(client) {
  const answer = await ask(client);
  check(answer.output.message.content[0].text, "no text");
  check(answer.usage.outputTokens > 0, `usage ${JSON.stringify(answer.usage)}`);
}

async function converseStream(client) {
  const command = new ConverseStreamCommand({ modelId: GEO_MODEL, messages: hello, inferenceConfig: { maxTokens: 50 } });
  const events = await all((await client.send(command)).stream);
  check(events[0].messageStart, `first event ${Object.keys(events[0])}`);
  check(events.map((e) => e.contentBlockDelta?.delta.text ?? "").join(""), "no text");
  check(events.at(-1).metadata?.usage.outputTokens > 0, `last event ${Object.keys(events.at(-1))}`);
}

async function forcedTool(client) {
  const answer = await ask(client, {
    maxTokens: 500,
    toolConfig: {
      tools: [{ toolSpec: { name: "forecast", inputSchema: { json: forecastSchema() } } }],
      toolChoice: { tool: { name: "forecast" } },
    },
  });
  check(answer.stopReason === "tool_use", `stop reason ${answer.stopReason}`);
  const [use] = answer.output.message.content.filter((block) => block.toolUse);
  check(use.toolUse.name === "forecast", `tool ${use.toolUse.name}`);
  conforms(use.toolUse.input);
}

const messagesInput = () => ({
  modelId: GEO_MODEL,
  contentType: "application/json",
  body: JSON.stringify({
    anthropic_version: "bedrock-2023-05-31", max_tokens: 50, messages: [{ role: "user", content: "Say hello." }],
  }),
});

async function invoke(client) {
  const answer = await client.send(new InvokeModelCommand(messagesInput()));
  const message = JSON.parse(new TextDecoder().decode(answer.body));
  check(message.content[0].text, "no text");
  check(message.usage.output_tokens > 0, `usage ${JSON.stringify(message.usage)}`);
}

async function invokeStream(client) {
  const answer = await client.send(new InvokeModelWithResponseStreamCommand(messagesInput()));
  const events = (await all(answer.body)).map((e) => JSON.parse(new TextDecoder().decode(e.chunk.bytes)));
  check(events.some((e) => e.type === "content_block_delta"), "no text");
  check(events.at(-1).type === "message_stop", `last event ${events.at(-1).type}`);
  check(events.at(-1)["amazon-bedrock-invocationMetrics"], "no metrics in the last event");
}

async function countTokens(client) {
  const answer = await client.send(new CountTokensCommand({ modelId: BASE_MODEL, input: { converse: { messages: hello } } }));
  check(answer.inputTokens > 0, `${answer.inputTokens} tokens`);
}

async function malformedId(client) {
  const error = await thrown(() => ask(client, { model: MALFORMED_MODEL }));
  didYouMean(error);
}

async function tooManyTokens(client) {
  const error = await thrown(() => ask(client, { maxTokens: TOO_MANY_TOKENS }));
  check(error.name === "ValidationException", `${error.name}: ${error.message}`);
  check(error.message.includes("exceed the model limit"), error.message);
}

async function troubleHidden(client, stack) {
  await fault(stack, { kind: "unavailable", next: 1 });
  const { $metadata: metadata } = await ask(client);
  check(metadata.attempts === 1, "the SDK saw it");
  const { requests } = await pool(stack);
  check(requests === 2, `${requests} upstream calls, want 2`);
}

async function cutStream(client, stack) {
  await fault(stack, { kind: "stream-cut", next: 1, after: 4 });
  const command = new ConverseStreamCommand({ modelId: GEO_MODEL, messages: hello, inferenceConfig: { maxTokens: 50 } });
  const { stream } = await client.send(command);
  const error = await thrown(() => all(stream));
  check(error.name.endsWith("Exception"), `${error.name}: ${error.message}`);
}

const alone = (call) => () => withStack([], (stack) => call(runtime(), stack));

const quick = () => [
  ["Converse", alone(converse)],
  ["ConverseStream", alone(converseStream)],
  ["forced tool", alone(forcedTool)],
  ["InvokeModel", alone(invoke)],
  ["InvokeModelWithResponseStream", alone(invokeStream)],
  ["CountTokens", alone(countTokens)],
  ["malformed model id: did you mean", alone(malformedId)],
  ["maxTokens too large: ValidationException", alone(tooManyTokens)],
  ["upstream 503: the client does not see it", alone(troubleHidden)],
  ["upstream cuts a stream: the client sees it", alone(cutStream)],
];

// Without the gateway: what the client's own retries make of a quota.
const direct = () => [["direct, 2 a minute: throttled after retries", () =>
  withStack(["--requests-per-minute", "2"], async (stack) => {
    const client = runtime();
    await ask(client);
    await ask(client);
    const error = await thrown(() => ask(client));
    check(error.name === "ThrottlingException", `${error.name}: ${error.message}`);
    const attempts = (await pool(stack)).throttled.requests;
    check(attempts > 1, "the SDK did not retry");
    return { detail: `${attempts} attempts` };
  }, { direct: true })]];

const six = () => [["6 dependent calls, 2 a minute", () =>
  withStack(["--requests-per-minute", "2"], async (stack) => {
    const client = runtime();
    for (let step = 0; step < 6; step++) await ask(client, { text: `Step ${step}.` });
    await untouched(stack, 6);
    return { detail: "6 upstream calls, no throttle" };
  })]];

// count callers at once; all of them upstream once; the most retries of any.
async function together(client, stack, count) {
  const answers = await Promise.all(Array.from({ length: count }, (_, i) => ask(client, { text: `Caller ${i}.` })));
  await untouched(stack, count);
  return Math.max(...answers.map((answer) => answer.$metadata.attempts)) - 1;
}

const overtime = () => [["3 callers, 1 a minute, wait of 120 s", () =>
  withStack(["--requests-per-minute", "1"], async (stack) => {
    const retries = await together(runtime(), stack, 3);
    check(retries === 0, `${retries} retries: the client gave up`);
    return { detail: "no retry, 3 upstream calls, no throttle" };
  })]];

// A timeout of less than half the wait, which signs of life do not let run out.
const awake = () => [["timeout of 25 s, wait of 60 s: kept awake", () =>
  withStack(["--requests-per-minute", "2"], async (stack) => {
    const retries = await together(patient(25_000), stack, 3);
    check(retries === 0, `${retries} retries: the client gave up`);
    return { detail: "no retry, 3 upstream calls, no throttle" };
  })]];

// The same with streams, each of which is read to its end.
const streams = () => [["3 streams, timeout of 25 s, wait of 60 s", () =>
  withStack(["--requests-per-minute", "2"], async (stack) => {
    const client = patient(25_000);
    const made = await Promise.all([0, 1, 2].map(async (i) => {
      const answer = await client.send(new ConverseStreamCommand({
        modelId: GEO_MODEL, messages: [{ role: "user", content: [{ text: `Caller ${i}.` }] }], inferenceConfig: { maxTokens: 50 },
      }));
      check((await all(answer.stream)).at(-1).metadata, "the stream was cut");
      return answer.$metadata.attempts - 1;
    }));
    await untouched(stack, 3);
    check(made.every((retries) => retries === 0), `retries ${made}: the client gave up`);
    return { detail: "no retry, 3 upstream calls, no throttle" };
  })]];

// A timeout of which the gateway does not know, shorter than the time between its signs of life.
const impatient = () => [["timeout of 10 s, wait of 60 s", () =>
  withStack(["--requests-per-minute", "2"], async (stack) => {
    const retries = await together(patient(10_000, { maxAttempts: 10 }), stack, 3);
    check(retries >= 2, `${retries} retries: the wait was too short to prove anything`);
    return { detail: `${retries} retries, 3 upstream calls, no throttle` };
  })]];

const silent = () => [["longest wait", async () => {
  if (http1) return { longest_wait_s: null, detail: "no timeout" };
  const server = await silence({ protocol: "h2" });
  pointAt(server.url);
  const error = await thrown(() => ask(patient(1_000)));
  check(error.name === "TimeoutError", `${error.name}: ${error.message}`);
  const attempts = server.requests;
  return {
    attempts, seconds_an_attempt: sessionTimeout, longest_wait_s: sessionTimeout * attempts,
    detail: `${attempts} attempts × ${sessionTimeout} s`,
  };
}]];

await main(`AWS SDK for JS ${version("@aws-sdk/client-bedrock-runtime")}${http1 ? " h1" : " h2"}`, {
  quick, direct, six, overtime, awake, streams, impatient, silent,
});
