"""boto3 with its default configuration: retries, timeouts and all."""

import concurrent.futures
import json
import time

import boto3
import botocore.exceptions
from botocore.config import Config

import cloudwatch
import quotas
from harness import (
    BASE_MODEL, GEO_MODEL, MALFORMED_MODEL, TOO_MANY_TOKENS,
    Client, Silence, Stack, check, conforms, forecast_schema, main, point_at, together, untouched,
)

HELLO = [{"role": "user", "content": [{"text": "Say hello."}]}]


def ask(runtime, text="Say hello.", model=GEO_MODEL, max_tokens=50, **more):
    return runtime.converse(
        modelId=model, messages=[{"role": "user", "content": [{"text": text}]}],
        inferenceConfig={"maxTokens": max_tokens}, **more,
    )


def converse(runtime):
    answer = ask(runtime)
    check(answer["output"]["message"]["content"][0]["text"], "no text")
    check(answer["usage"]["outputTokens"] > 0, f"usage {answer['usage']}")


def converse_stream(runtime):
    events = list(runtime.converse_stream(modelId=GEO_MODEL, messages=HELLO, inferenceConfig={"maxTokens": 50})["stream"])
    text = "".join(e["contentBlockDelta"]["delta"]["text"] for e in events if "contentBlockDelta" in e)
    check(text, "no text")
    check("messageStart" in events[0], f"first event {events[0]}")
    check(events[-1]["metadata"]["usage"]["outputTokens"] > 0, f"last event {events[-1]}")


def forced_tool(runtime):
    tool = {"toolSpec": {"name": "forecast", "inputSchema": {"json": forecast_schema()}}}
    answer = ask(runtime, max_tokens=500, toolConfig={"tools": [tool], "toolChoice": {"tool": {"name": "forecast"}}})
    check(answer["stopReason"] == "tool_use", f"stop reason {answer['stopReason']}")
    (use,) = [b["toolUse"] for b in answer["output"]["message"]["content"] if "toolUse" in b]
    check(use["name"] == "forecast", f"tool {use['name']}")
    conforms(use["input"])


def messages_body():
    message = {"role": "user", "content": "Say hello."}
    return json.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 50, "messages": [message]})


def invoke(runtime):
    answer = json.load(runtime.invoke_model(modelId=GEO_MODEL, body=messages_body())["body"])
    check(answer["content"][0]["text"], "no text")
    check(answer["usage"]["output_tokens"] > 0, f"usage {answer['usage']}")


def invoke_stream(runtime):
    answer = runtime.invoke_model_with_response_stream(modelId=GEO_MODEL, body=messages_body())
    events = [json.loads(e["chunk"]["bytes"]) for e in answer["body"]]
    check(any(e["type"] == "content_block_delta" for e in events), "no text")
    check(events[-1]["type"] == "message_stop", f"last event {events[-1]['type']}")
    check("amazon-bedrock-invocationMetrics" in events[-1], "no metrics in the last event")


def count_tokens(runtime):
    answer = runtime.count_tokens(modelId=BASE_MODEL, input={"converse": {"messages": HELLO}})
    check(answer["inputTokens"] > 0, f"{answer['inputTokens']} tokens")


def malformed_id(runtime):
    try:
        ask(runtime, model=MALFORMED_MODEL)
    except runtime.exceptions.ValidationException as error:
        check("did you mean us.anthropic.claude-3-5-haiku-20241022-v1:0" in str(error), str(error))
        return
    raise AssertionError("no error")


def too_many_tokens(runtime):
    try:
        ask(runtime, max_tokens=TOO_MANY_TOKENS)
    except runtime.exceptions.ValidationException as error:
        check("exceed the model limit" in str(error), str(error))
        return
    raise AssertionError("no error")


def trouble_hidden(runtime, stack):
    stack.fault(kind="unavailable", next=1)
    answer = ask(runtime)
    check(answer["ResponseMetadata"]["RetryAttempts"] == 0, "the SDK saw it")
    check(answer["ResponseMetadata"]["HTTPHeaders"]["x-headgate-attempts"] == "2", "no second attempt")


def cut_stream(runtime, stack):
    stack.fault(kind="stream-cut", next=1, after=4)
    stream = runtime.converse_stream(modelId=GEO_MODEL, messages=HELLO, inferenceConfig={"maxTokens": 50})["stream"]
    try:
        list(stream)
    except botocore.exceptions.EventStreamError:
        return
    raise AssertionError("the stream ended as if it were whole")


def quick(client):
    with Stack() as stack:
        point_at(stack.gateway)
        runtime = boto3.client("bedrock-runtime")
        for name, case in (
            ("Converse", converse), ("ConverseStream", converse_stream), ("forced tool", forced_tool),
            ("InvokeModel", invoke), ("InvokeModelWithResponseStream", invoke_stream), ("CountTokens", count_tokens),
            ("malformed model id: did you mean", malformed_id), ("maxTokens too large: ValidationException", too_many_tokens),
        ):
            client.case(name, lambda case=case: case(runtime))
        client.case("upstream 503: the client does not see it", lambda: trouble_hidden(runtime, stack))
        client.case("upstream cuts a stream: the client sees it", lambda: cut_stream(runtime, stack))


def direct(client):
    """Without the gateway: what the client's own retries make of a quota."""

    def throttled():
        with Stack("--requests-per-minute", "2") as stack:
            point_at(stack.emulator)
            runtime = boto3.client("bedrock-runtime")
            ask(runtime), ask(runtime)
            try:
                ask(runtime)
            except runtime.exceptions.ThrottlingException:
                attempts = stack.pool()["throttled"]["requests"]
                check(attempts > 1, "the SDK did not retry")
                return {"detail": f"{attempts} attempts"}
            raise AssertionError("no error")

    client.case("direct, 2 a minute: throttled after retries", throttled)


def retries(answer):
    return answer["ResponseMetadata"]["RetryAttempts"]


def kept_awake(made, calls, stack):
    """Each call was made once, by the client and upstream."""
    untouched(stack, calls)
    check(max(made) == 0, f"retries {made}: the client gave up")
    return {"detail": f"no retry, {calls} upstream calls, no throttle"}


def six(client):
    def run():
        with Stack("--requests-per-minute", "2") as stack:
            point_at(stack.gateway)
            runtime = boto3.client("bedrock-runtime")
            return kept_awake([retries(ask(runtime, f"Step {i}.")) for i in range(6)], 6, stack)

    client.case("6 dependent calls, 2 a minute", run)


def overtime(client):
    """Five callers at 1 a minute: the last waits for four minutes, far past the three that all attempts read."""

    def run():
        with Stack("--requests-per-minute", "1") as stack:
            point_at(stack.gateway)
            runtime = boto3.client("bedrock-runtime")
            return kept_awake(together(5, lambda i: retries(ask(runtime, f"Caller {i}."))), 5, stack)

    client.case("5 callers, 1 a minute, wait of 240 s", run)


def streams(client):
    """Streams wait like the rest: the last of these for twice the time of a read."""

    def call(runtime, i):
        message = {"role": "user", "content": [{"text": f"Caller {i}."}]}
        answer = runtime.converse_stream(modelId=GEO_MODEL, messages=[message], inferenceConfig={"maxTokens": 50})
        check("metadata" in list(answer["stream"])[-1], "the stream was cut")
        return retries(answer)

    def run():
        with Stack("--requests-per-minute", "1") as stack:
            point_at(stack.gateway)
            runtime = boto3.client("bedrock-runtime")
            return kept_awake(together(3, lambda i: call(runtime, i)), 3, stack)

    client.case("3 streams, 1 a minute, wait of 120 s", run)


def refused(client):
    """A wait that ends in a refusal, after the client would have given up had it heard nothing."""

    def run():
        with Stack("--requests-per-minute", "1") as stack:
            point_at(stack.gateway)
            runtime = boto3.client("bedrock-runtime", config=Config(read_timeout=20, retries={"total_max_attempts": 1}))
            ask(runtime)
            begun = time.monotonic()
            late = concurrent.futures.ThreadPoolExecutor(1).submit(
                ask, runtime, "Later.", requestMetadata={"headgate.class": "batch", "headgate.deadline": "70"})
            while time.monotonic() < begun + 2:  # it must be waiting before another goes past it
                time.sleep(0.1)
            ask(runtime, "Sooner.", requestMetadata={"headgate.class": "interactive"})
            try:
                late.result()
            except runtime.exceptions.ThrottlingException as error:
                waited = time.monotonic() - begun
                check("deadline passed" in str(error), str(error))
                check("x-headgate-limit" in error.response["ResponseMetadata"]["HTTPHeaders"], "no limit is named")
                return {"detail": f"ThrottlingException after {waited:.0f} s"}
            raise AssertionError("no error")

    client.case("read timeout of 20 s, refused after 70 s", run)


def impatient(client):
    """A read timeout of which the gateway does not know, shorter than the time between its signs of life."""

    def run():
        with Stack("--requests-per-minute", "2") as stack:
            point_at(stack.gateway)
            runtime = boto3.client("bedrock-runtime", config=Config(read_timeout=10, retries={"total_max_attempts": 10}))
            made = together(3, lambda i: retries(ask(runtime, f"Caller {i}.")))
            untouched(stack, 3)
            check(max(made) >= 2, f"retries {made}: the wait was too short to prove anything")
            return {"detail": f"{max(made)} retries, 3 upstream calls, no throttle"}

    client.case("read timeout of 10 s, wait of 60 s", run)


def survives(mode):
    def measure():
        silence = Silence()
        point_at(silence.url)
        default = boto3.client("bedrock-runtime").meta.config.read_timeout
        modes = {"retries": {"mode": mode}} if mode else {}
        runtime = boto3.client("bedrock-runtime", config=Config(read_timeout=1, **modes))
        try:
            ask(runtime)
        except botocore.exceptions.ReadTimeoutError:
            longest = int(default * silence.requests)
            return {
                "attempts": silence.requests, "seconds_an_attempt": default, "longest_wait_s": longest,
                "detail": f"{silence.requests} attempts × {default} s",
            }
        raise AssertionError("no read timeout")

    return measure


def silent(client):
    client.case("longest wait", survives(None))
    client.case("longest wait, AWS_RETRY_MODE=legacy", survives("legacy"))


def watch(client):
    """The emulator's CloudWatch, after two calls that passed and three that were throttled."""
    with Stack("--requests-per-minute", "2") as stack:
        point_at(stack.emulator)
        runtime = boto3.client("bedrock-runtime", config=Config(retries={"total_max_attempts": 1}))
        throttled = 0
        for _ in range(5):
            try:
                ask(runtime)
            except runtime.exceptions.ThrottlingException:
                throttled += 1
        cloudwatch.cases(client, stack, 5 - throttled, throttled)


if __name__ == "__main__":
    main(Client("boto3 " + boto3.__version__), {
        "quick": quick, "direct": direct, "six": six, "overtime": overtime, "streams": streams, "refused": refused,
        "impatient": impatient, "silent": silent, "watch": watch, "account": quotas.cases,
    })
