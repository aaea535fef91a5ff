"""LangChain's ChatBedrockConverse for Python, as its users make it: a model id and no more."""

import importlib.metadata
import warnings

import botocore.exceptions
from langchain_aws import ChatBedrockConverse
from langchain_core.messages import HumanMessage

from harness import (
    BASE_MODEL, GEO_MODEL, MALFORMED_MODEL, TOO_MANY_TOKENS,
    Client, Silence, Stack, check, conforms, forecast_schema, main, point_at, together, untouched,
)


def chat(model=GEO_MODEL, **more):
    return ChatBedrockConverse(model=model, **more)


def invoke():
    answer = chat(max_tokens=50).invoke("Say hello.")
    check(answer.content, "no text")
    check(answer.usage_metadata["output_tokens"] > 0, f"usage {answer.usage_metadata}")


def stream():
    pieces = list(chat(max_tokens=50).stream("Say hello."))
    whole = pieces[0]
    for piece in pieces[1:]:
        whole += piece
    check(len(pieces) > 2, f"{len(pieces)} pieces")
    check(whole.content, "no text")
    check(whole.usage_metadata["output_tokens"] > 0, f"usage {whole.usage_metadata}")


def structured_output():
    schema = {"title": "forecast", "description": "Tell the weather.", **forecast_schema()}
    conforms(chat(max_tokens=500).with_structured_output(schema).invoke("How will the weather be?"))


def count_tokens():
    model = chat(BASE_MODEL)
    asked = []
    model.client.meta.events.register("before-call.bedrock-runtime.CountTokens", lambda **_: asked.append(1))
    tokens = model.get_num_tokens_from_messages([HumanMessage("Say hello.")])
    check(tokens > 0, f"{tokens} tokens")
    check(asked, "LangChain counted by itself")


def malformed_id():
    try:
        chat(MALFORMED_MODEL).invoke("Say hello.")
    except botocore.exceptions.ClientError as error:
        code = error.response["Error"]["Code"]
        check(code == "ValidationException", code)
        check("did you mean us.anthropic.claude-3-5-haiku-20241022-v1:0" in str(error), str(error))
        return
    raise AssertionError("no error")


def too_many_tokens():
    try:
        chat(max_tokens=TOO_MANY_TOKENS).invoke("Say hello.")
    except botocore.exceptions.ClientError as error:
        check(error.response["Error"]["Code"] == "ValidationException", str(error))
        check("exceed the model limit" in str(error), str(error))
        return
    raise AssertionError("no error")


def quick(client):
    with Stack() as stack:
        point_at(stack.gateway)
        for name, case in (
            ("invoke", invoke), ("stream", stream), ("structured output by a forced tool", structured_output),
            ("token count", count_tokens), ("malformed model id: did you mean", malformed_id),
            ("max_tokens too large: ValidationException", too_many_tokens),
        ):
            client.case(name, case)


def direct(client):
    """Without the gateway: what the client's own retries make of a quota."""

    def throttled():
        with Stack("--requests-per-minute", "2") as stack:
            point_at(stack.emulator)
            model = chat(max_tokens=50)
            model.invoke("One."), model.invoke("Two.")
            try:
                model.invoke("Three.")
            except botocore.exceptions.ClientError as error:
                check(error.response["Error"]["Code"] == "ThrottlingException", str(error))
                return {"detail": f"{stack.pool()['throttled']['requests']} attempts"}
            raise AssertionError("no error")

    client.case("direct, 2 a minute: throttled after retries", throttled)


def ask(model, text):
    """One answer; the retries that it took."""
    answer = model.invoke(text)
    check(answer.content, "no text")
    return answer.response_metadata["ResponseMetadata"]["RetryAttempts"]


def kept_awake(made, calls, stack):
    """Each call was made once, by the client and upstream."""
    untouched(stack, calls)
    check(max(made) == 0, f"retries {made}: the client gave up")
    return {"detail": f"no retry, {calls} upstream calls, no throttle"}


def six(client):
    def run():
        with Stack("--requests-per-minute", "2") as stack:
            point_at(stack.gateway)
            model = chat(max_tokens=50)
            return kept_awake([ask(model, f"Step {i}.") for i in range(6)], 6, stack)

    client.case("6 dependent calls, 2 a minute", run)


def overtime(client):
    """Five callers at 1 a minute: the last waits for four minutes, far past the three that all attempts read."""

    def run():
        with Stack("--requests-per-minute", "1") as stack:
            point_at(stack.gateway)
            model = chat(max_tokens=50)
            return kept_awake(together(5, lambda i: ask(model, f"Caller {i}.")), 5, stack)

    client.case("5 callers, 1 a minute, wait of 240 s", run)


def streams(client):
    """One attempt alone is allowed, so that a client which gives up cannot go unseen."""

    def run():
        with Stack("--requests-per-minute", "1") as stack:
            point_at(stack.gateway)
            model = chat(max_tokens=50, max_retries=1)
            pieces = together(3, lambda i: len(list(model.stream(f"Caller {i}."))))
            check(min(pieces) > 2, f"{pieces} pieces")
            untouched(stack, 3)
            return {"detail": "one attempt allowed, 3 upstream calls, no throttle"}

    client.case("3 streams, 1 a minute, wait of 120 s", run)


def impatient(client):
    """A read timeout of which the gateway does not know, shorter than the time between its signs of life."""

    def run():
        with Stack("--requests-per-minute", "2") as stack:
            point_at(stack.gateway)
            model = chat(max_tokens=50, timeout=10, max_retries=10)
            made = together(3, lambda i: ask(model, f"Caller {i}."))
            untouched(stack, 3)
            check(max(made) >= 2, f"retries {made}: the wait was too short to prove anything")
            return {"detail": f"{max(made)} retries, 3 upstream calls, no throttle"}

    client.case("timeout of 10 s, wait of 60 s", run)


def silent(client):
    def measure():
        default = chat().client.meta.config.read_timeout
        silence = Silence()
        point_at(silence.url)
        try:
            chat(timeout=1).invoke("Say hello.")
        except botocore.exceptions.ReadTimeoutError:
            attempts = silence.requests
            return {
                "attempts": attempts, "seconds_an_attempt": default, "longest_wait_s": int(default * attempts),
                "detail": f"{attempts} attempts × {default} s",
            }
        raise AssertionError("no read timeout")

    client.case("longest wait", measure)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Client("langchain-aws " + importlib.metadata.version("langchain-aws")), {
        "quick": quick, "direct": direct, "six": six, "overtime": overtime, "streams": streams,
        "impatient": impatient, "silent": silent,
    })
