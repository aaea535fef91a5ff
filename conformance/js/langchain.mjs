// LangChain's ChatBedrockConverse for JavaScript, as its users make it.

import { ChatBedrockConverse } from "@langchain/aws";
import { NodeHttp2Handler } from "@smithy/node-http-handler";

import {
  GEO_MODEL, MALFORMED_MODEL, all, check, conforms, didYouMean, forecastSchema, main, pointAt,
  sessionTimeout, silence, thrown, untouched, version, withStack,
} from "./harness.mjs";

const chat = (more = {}) => new ChatBedrockConverse({ model: GEO_MODEL, region: process.env.AWS_REGION, maxTokens: 50, ...more });

const alone = (call) => () => withStack([], call);

async function invoke() {
  const answer = await chat().invoke("Say hello.");
  check(answer.content, "no text");
  check(answer.usage_metadata.output_tokens > 0, `usage ${JSON.stringify(answer.usage_metadata)}`);
}

async function stream() {
  const pieces = await all(await chat().stream("Say hello."));
  check(pieces.length > 2, `${pieces.length} pieces`);
  check(pieces.map((piece) => piece.text).join(""), "no text");
}

async function structuredOutput() {
  const schema = { title: "forecast", description: "Tell the weather.", ...forecastSchema() };
  conforms(await chat({ maxTokens: 500 }).withStructuredOutput(schema).invoke("How will the weather be?"));
}

async function malformedId() {
  didYouMean(await thrown(() => chat({ model: MALFORMED_MODEL }).invoke("Say hello.")));
}

const quick = () => [
  ["invoke", alone(invoke)],
  ["stream", alone(stream)],
  ["structured output by a forced tool", alone(structuredOutput)],
  ["malformed model id: did you mean", alone(malformedId)],
];

const six = () => [["6 dependent calls, 2 a minute", () =>
  withStack(["--requests-per-minute", "2"], async (stack) => {
    const model = chat();
    for (let step = 0; step < 6; step++) check((await model.invoke(`Step ${step}.`)).content, "no text");
    await untouched(stack, 6);
    return { detail: "6 upstream calls, no throttle" };
  })]];

// A timeout of less than half the wait, and one attempt alone: signs of life must do.
const awake = () => [["timeout of 25 s, wait of 60 s: kept awake", () =>
  withStack(["--requests-per-minute", "2"], async (stack) => {
    const model = chat({ clientOptions: {
      maxAttempts: 1, requestHandler: new NodeHttp2Handler({ sessionTimeout: 25_000, disableConcurrentStreams: true }),
    }, maxRetries: 0 });
    await Promise.all([0, 1, 2].map((i) => model.invoke(`Caller ${i}.`)));
    await untouched(stack, 3);
    return { detail: "one attempt allowed, 3 upstream calls, no throttle" };
  })]];

const silent = () => [["longest wait", async () => {
  const server = await silence({ protocol: "h2" });
  pointAt(server.url);
  const requestHandler = new NodeHttp2Handler({ sessionTimeout: 1_000, disableConcurrentStreams: true });
  const error = await thrown(() => chat({ clientOptions: { requestHandler } }).invoke("Say hello."));
  check(error.name === "TimeoutError", `${error.name}: ${error.message}`);
  const attempts = server.requests;
  return {
    attempts, seconds_an_attempt: sessionTimeout, longest_wait_s: sessionTimeout * attempts,
    detail: `${attempts} attempts × ${sessionTimeout} s`,
  };
}]];

await main(`LangChain.js ${version("@langchain/aws")}`, { quick, six, awake, silent });
