"""The AWS command line, with its default configuration."""

import datetime
import importlib.metadata
import json
import os
import subprocess
import sys
import time

from harness import GEO_MODEL, MALFORMED_MODEL, PATIENCE, Client, Silence, Stack, check, main, point_at, together, untouched

# Longest that one command may take, in seconds.
LIMIT = 300


def aws(*arguments, model=GEO_MODEL, text="Say hello.", attempts=None):
    """Run aws bedrock-runtime converse, with a number of attempts if one is given; the finished process."""
    command = [os.path.join(os.path.dirname(sys.executable), "aws"), "bedrock-runtime", "converse", "--model-id", model]
    command += ["--messages", json.dumps([{"role": "user", "content": [{"text": text}]}])]
    command += ["--inference-config", json.dumps({"maxTokens": 50}), "--output", "json", *arguments]
    environment = {**os.environ, **({"AWS_MAX_ATTEMPTS": str(attempts)} if attempts else {})}
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, stdin=subprocess.DEVNULL, env=environment)


def answered(done):
    check(done.returncode == 0, done.stderr.strip())
    check(json.loads(done.stdout)["output"]["message"]["content"][0]["text"], "no text")


def malformed_id():
    done = aws(model=MALFORMED_MODEL)
    check(done.returncode != 0, "no error")
    check("did you mean us.anthropic.claude-3-5-haiku-20241022-v1:0" in done.stderr, done.stderr.strip())


def quick(client):
    with Stack() as stack:
        point_at(stack.gateway)
        client.case("converse", lambda: answered(aws()))
        client.case("malformed model id: did you mean", malformed_id)


def overtime(client):
    """Three commands at 1 a minute: the last waits for two minutes, past the 60 s of a read, in one attempt."""

    def run():
        with Stack("--requests-per-minute", "1") as stack:
            point_at(stack.gateway)
            for done in together(3, lambda i: aws(text=f"Caller {i}.", attempts=1)):
                answered(done)
            untouched(stack, 3)
            return {"detail": "one attempt allowed, 3 upstream calls, no throttle"}

    client.case("3 commands, 1 a minute, wait of 120 s", run)


def impatient(client):
    """A read timeout of which the gateway does not know, shorter than the time between its signs of life."""

    def run():
        with Stack("--requests-per-minute", "2") as stack:
            point_at(stack.gateway)
            for done in together(3, lambda i: aws("--cli-read-timeout", "10", text=f"Caller {i}.", attempts=10)):
                answered(done)
            untouched(stack, 3)
            return {"detail": "3 upstream calls, no throttle"}

    client.case("read timeout of 10 s, wait of 60 s", run)


def silent(client):
    def measure():
        silence = Silence()
        point_at(silence.url)
        done = aws("--cli-read-timeout", "1")
        check("Read timeout" in done.stderr, done.stderr.strip())
        default = 60  # seconds: docs.aws.amazon.com/cli, userguide/cli-configure-options (--cli-read-timeout)
        return {
            "attempts": silence.requests, "seconds_an_attempt": default, "longest_wait_s": default * silence.requests,
            "detail": f"{silence.requests} attempts × {default} s",
        }

    client.case("longest wait", measure)


def watch(client):
    """The emulator's CloudWatch."""
    with Stack() as stack:

        def cloudwatch(*arguments):
            command = [os.path.join(os.path.dirname(sys.executable), "aws"), "cloudwatch", "--endpoint-url", stack.emulator, "--output", "json"]
            done = subprocess.run(command + list(arguments), capture_output=True, text=True, timeout=LIMIT, stdin=subprocess.DEVNULL)
            check(done.returncode == 0, done.stderr.strip())
            return json.loads(done.stdout) if done.stdout.strip() else None

        def alarm():
            cloudwatch(
                "put-metric-alarm", "--alarm-name", "throttles", "--namespace", "AWS/Bedrock", "--metric-name", "InvocationThrottles",
                "--statistic", "Sum", "--period", "300", "--evaluation-periods", "1", "--threshold", "10",
                "--comparison-operator", "GreaterThanThreshold", "--treat-missing-data", "notBreaching")
            (found,) = cloudwatch("describe-alarms", "--alarm-names", "throttles")["MetricAlarms"]
            check(found["Threshold"] == 10 and found["AlarmArn"].endswith(":alarm:throttles"), f"alarm {found}")

        def metrics():
            point_at(stack.emulator)
            answered(aws())
            listed = cloudwatch("list-metrics", "--namespace", "AWS/Bedrock", "--metric-name", "Invocations")["Metrics"]
            check([{"Name": "ModelId", "Value": GEO_MODEL}] in [m["Dimensions"] for m in listed], f"listed {listed}")

        def data():
            now = datetime.datetime.now(datetime.timezone.utc)
            cloudwatch("put-metric-data", "--namespace", "Conformance", "--metric-name", "Depth", "--value", "3", "--unit", "Count")
            queries = [{"Id": "m1", "MetricStat": {"Metric": {"Namespace": "Conformance", "MetricName": "Depth"}, "Period": 60, "Stat": "Maximum"}}]
            queries.append({"Id": "e1", "Expression": "m1 * 2"})
            results = cloudwatch(
                "get-metric-data", "--metric-data-queries", json.dumps(queries),
                "--start-time", (now - datetime.timedelta(minutes=5)).isoformat(), "--end-time", (now + datetime.timedelta(minutes=2)).isoformat(),
            )["MetricDataResults"]
            got = {r["Id"]: r["Values"] for r in results}
            check(got == {"m1": [3.0], "e1": [6.0]}, f"got {got}")

        def exported():
            """What `headgate alarm export --format cli` writes makes the alarms that `headgate alarm apply` would."""
            wanted = ["--model", GEO_MODEL, "--tokens-per-minute", "500000", "--tokens-per-day", "54000000", "--metrics.cloudwatch", "put",
                      "--topic", "arn:aws:sns:us-east-1:111122223333:alerts", "--tag", "owner=it's us"]
            headgate = [os.environ["HEADGATE"], "alarm"]
            script = subprocess.run([*headgate, "export", "--format", "cli", *wanted], capture_output=True, text=True, check=True).stdout
            path = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
            made = subprocess.run(
                ["sh"], input=script, capture_output=True, text=True, timeout=LIMIT,
                env={**os.environ, "PATH": path, "AWS_ENDPOINT_URL": stack.emulator})
            check(made.returncode == 0, made.stderr.strip())
            there = ["--upstream.kind", "emulator", "--upstream.endpoint-url", stack.emulator, "--upstream.region", "us-east-1"]
            compared = subprocess.run([*headgate, "apply", "--dry-run", "-o", "json", *wanted, *there], capture_output=True, text=True)
            check(compared.returncode == 0, compared.stderr.strip())
            found = json.loads(compared.stdout)["alarms"]
            check(len(found) == 8 and all(a["do"] == "leave" for a in found), f"alarms {found}")

        client.case("CloudWatch: metrics", metrics)
        client.case("CloudWatch: data of one's own", data)
        client.case("CloudWatch: exported alarms, by their script", exported)
        client.case("CloudWatch: alarm", alarm)


def account(client):
    """The emulator's Service Quotas and STS."""
    bedrock, requests, tokens = ("--service-code", "bedrock"), "L-CCA5DF70", "L-58BE175A"
    with Stack("--preset", "guide", "--case-after", "1s", "--decide-after", "1s") as stack:

        def run(*arguments):
            # Pages come faster here than the service takes requests for them, and the
            # command line's default, legacy, is the one retry mode that gives up then.
            command = [os.path.join(os.path.dirname(sys.executable), "aws"), *arguments, "--endpoint-url", stack.emulator, "--output", "json"]
            environment = {**os.environ, "AWS_RETRY_MODE": "standard"}
            return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, stdin=subprocess.DEVNULL, env=environment)

        def quotas(*arguments):
            done = run("service-quotas", *arguments)
            check(done.returncode == 0, done.stderr.strip())
            return json.loads(done.stdout)

        def refused(code, words, *arguments):
            done = run("service-quotas", *arguments)
            check(done.returncode != 0 and f"({code})" in done.stderr and words in done.stderr, done.stderr.strip() or "no error")

        def lists():
            for command, least in (("list-service-quotas", 800), ("list-aws-default-service-quotas", 1101)):
                rows = quotas(command, *bedrock)["Quotas"]
                check(len({row["QuotaCode"] for row in rows}) == len(rows) >= least, f"{command}: {len(rows)} rows")

        def values():
            applied = quotas("get-service-quota", *bedrock, "--quota-code", requests)["Quota"]
            usual = quotas("get-aws-default-service-quota", *bedrock, "--quota-code", requests)["Quota"]
            check((applied["Value"], usual["Value"]) == (2, 125), f"applied {applied}, default {usual}")

        def refusals():
            ask = ("request-service-quota-increase", *bedrock, "--quota-code")
            refused("IllegalArgumentException", "greater than the default quota value of 125.0", *ask, requests, "--desired-value", "20")
            refused("NoSuchResourceException", "L-00000000", *ask, "L-00000000", "--desired-value", "20")
            refused("NoSuchResourceException", "service does not exist", "list-service-quotas", "--service-code", "none")
            stack.fault(action="servicequotas:ListServiceQuotas", kind="denied", next=1)
            refused("AccessDeniedException", "is not authorized to perform", "list-service-quotas", *bedrock)

        def increase():
            ask = ("request-service-quota-increase", *bedrock, "--quota-code", tokens, "--desired-value")
            asked = quotas(*ask, "600000")["RequestedQuota"]
            check(asked["Status"] == "PENDING", f"asked {asked}")
            end = time.monotonic() + 3 * PATIENCE  # each command takes seconds
            while quotas("get-requested-service-quota-change", "--request-id", asked["Id"])["RequestedQuota"]["Status"] != "APPROVED":
                check(time.monotonic() < end, "it is not approved")
            check(quotas("get-service-quota", *bedrock, "--quota-code", tokens)["Quota"]["Value"] == 600_000, "the quota is what it was")
            for history in (
                quotas("list-requested-service-quota-change-history", *bedrock),
                quotas("list-requested-service-quota-change-history-by-quota", *bedrock, "--quota-code", tokens),
            ):
                check([r["Id"] for r in history["RequestedQuotas"]] == [asked["Id"]], f"history {history}")

        def who():
            done = run("sts", "get-caller-identity")
            check(done.returncode == 0, done.stderr.strip())
            check(len(json.loads(done.stdout)["Account"]) == 12, done.stdout)

        for name, case in (
            ("Service Quotas: lists to their ends", lists), ("Service Quotas: values and defaults", values),
            ("Service Quotas: what is refused", refusals), ("Service Quotas: a request until it is approved", increase), ("STS: who am I", who),
        ):
            client.case(name, case)


if __name__ == "__main__":
    main(Client("awscli " + importlib.metadata.version("awscli")), {
        "quick": quick, "overtime": overtime, "impatient": impatient, "silent": silent, "watch": watch, "account": account,
    })
