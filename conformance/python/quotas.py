"""The emulator's Service Quotas and STS, spoken to by boto3."""

import datetime
import time

import boto3
import botocore.exceptions
from botocore.config import Config

from cloudwatch import PROTOCOLS, speaking
from harness import PATIENCE, Emulator, Stack, check

SERVICE = "bedrock"
REQUESTS, TOKENS, ACCOUNT_DAY = "L-CCA5DF70", "L-58BE175A", "L-E3F10727"

# An account that checks signatures.
KEY, SECRET = "AKIDCONFORMANCE", "conformance-secret"
ACCOUNTS = f"- {{id: '222233334444', access_key_id: {KEY}, secret_access_key: {SECRET}, preset: default}}\n"


def service_quotas(url, **config):
    return boto3.client("service-quotas", endpoint_url=url, config=Config(**config))


def code_of(call, **arguments):
    """The code of the error that a call ends with, and its message."""
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    raise AssertionError("no error")


def pages(quotas, stack):
    """Both lists to their ends, in pages of two sizes, at the rates of the service."""
    for operation, size, least in (("list_service_quotas", 100, 800), ("list_aws_default_service_quotas", 60, 1101)):
        rows, count = [], 0
        for page in quotas.get_paginator(operation).paginate(ServiceCode=SERVICE, PaginationConfig={"PageSize": size}):
            check(len(page["Quotas"]) <= size, f"{len(page['Quotas'])} rows on a page of {size}")
            rows, count = rows + page["Quotas"], count + 1
        codes = {row["QuotaCode"] for row in rows}
        check(len(codes) == len(rows) >= least, f"{operation}: {len(rows)} rows, {len(codes)} codes")
        check(count > 8, f"{operation}: {count} pages")
        check(all(isinstance(row["Value"], float) and row["QuotaName"] and row["ServiceCode"] == SERVICE for row in rows), "a row is not whole")
    code, _ = code_of(quotas.list_service_quotas, ServiceCode=SERVICE, NextToken="nonsense")
    check(code == "InvalidPaginationTokenException", code)


def values(quotas, stack):
    """What the account has, and what others have."""
    applied = quotas.get_service_quota(ServiceCode=SERVICE, QuotaCode=REQUESTS)["Quota"]
    check(applied["Value"] == 2 and applied["Adjustable"] and not applied["GlobalQuota"], f"applied {applied}")
    check(applied["QuotaArn"].endswith(f":{SERVICE}/{REQUESTS}"), applied["QuotaArn"])
    usual = quotas.get_aws_default_service_quota(ServiceCode=SERVICE, QuotaCode=REQUESTS)["Quota"]
    check(usual["Value"] == 125 and usual["QuotaName"] == applied["QuotaName"], f"default {usual}")


def refusals(quotas, stack):
    """What is not taken, as the SDK's own exceptions."""
    for code, value, want, words in (
        (REQUESTS, 20, "IllegalArgumentException", "greater than the default quota value"),
        (ACCOUNT_DAY, 1e12, "IllegalArgumentException", "not adjustable"),
        ("L-00000000", 5, "NoSuchResourceException", "L-00000000"),
    ):
        got, message = code_of(quotas.request_service_quota_increase, ServiceCode=SERVICE, QuotaCode=code, DesiredValue=value)
        check(got == want and words in message, f"{code} to {value}: {got}: {message}")
    try:
        quotas.get_requested_service_quota_change(RequestId="none")
        raise AssertionError("no error")
    except quotas.exceptions.NoSuchResourceException:
        pass


def increase(quotas, stack):
    """A request from PENDING to APPROVED; then the quota is what was asked for."""
    asked = quotas.request_service_quota_increase(ServiceCode=SERVICE, QuotaCode=REQUESTS, DesiredValue=126)["RequestedQuota"]
    check(asked["Status"] == "PENDING" and isinstance(asked["Created"], datetime.datetime), f"asked {asked}")
    try:
        quotas.request_service_quota_increase(ServiceCode=SERVICE, QuotaCode=REQUESTS, DesiredValue=127)
        raise AssertionError("no error")
    except quotas.exceptions.ResourceAlreadyExistsException:
        pass
    seen, end = ["PENDING"], time.monotonic() + PATIENCE
    while seen[-1] != "APPROVED":
        check(time.monotonic() < end, f"seen {seen}")
        status = quotas.get_requested_service_quota_change(RequestId=asked["Id"])["RequestedQuota"]["Status"]
        if status != seen[-1]:
            seen.append(status)
        time.sleep(0.1)
    check(seen == ["PENDING", "CASE_OPENED", "APPROVED"], f"seen {seen}")
    check(quotas.get_service_quota(ServiceCode=SERVICE, QuotaCode=REQUESTS)["Quota"]["Value"] == 126, "the quota is what it was")
    by_status = quotas.list_requested_service_quota_change_history(ServiceCode=SERVICE, Status="APPROVED")["RequestedQuotas"]
    by_quota = quotas.list_requested_service_quota_change_history_by_quota(ServiceCode=SERVICE, QuotaCode=REQUESTS)["RequestedQuotas"]
    check([r["Id"] for r in by_status] == [r["Id"] for r in by_quota] == [asked["Id"]], f"history {by_status} {by_quota}")
    check(by_quota[0]["CaseId"] and by_quota[0]["DesiredValue"] == 126, f"history {by_quota}")


def case(quotas, stack):
    """A value below the default, by a case that is opened and resolved by hand."""
    opened = stack.control("POST", "cases", {"values": {TOKENS: 400_000}})
    stack.control("POST", f"cases/{opened['id']}/resolve", {})
    value = quotas.get_service_quota(ServiceCode=SERVICE, QuotaCode=TOKENS)["Quota"]["Value"]
    check(value == 400_000, f"the quota is {value}")


def trouble(quotas, stack):
    """A throttle is retried and not seen; a refusal is the SDK's own exception."""
    stack.fault(action="servicequotas:*", kind="throttled", next=2)
    answer = quotas.list_service_quotas(ServiceCode=SERVICE)
    check(answer["ResponseMetadata"]["RetryAttempts"] == 2, f"retries {answer['ResponseMetadata']['RetryAttempts']}")
    stack.fault(action="servicequotas:GetServiceQuota", kind="denied", probability=1)
    try:
        quotas.get_service_quota(ServiceCode=SERVICE, QuotaCode=REQUESTS)
        raise AssertionError("no error")
    except quotas.exceptions.AccessDeniedException as error:
        check("is not authorized to perform: servicequotas:GetServiceQuota" in str(error), str(error))
    quotas.list_service_quotas(ServiceCode=SERVICE)
    stack.control("PUT", "faults", [])


def rates(quotas, stack):
    """Without retries, what is above the rate is an exception of the service."""
    impatient = service_quotas(stack.emulator, retries={"total_max_attempts": 1})
    stack.control("PUT", "rates", {"ListServiceQuotas": 1})
    impatient.list_service_quotas(ServiceCode=SERVICE, MaxResults=1)
    try:
        impatient.list_service_quotas(ServiceCode=SERVICE, MaxResults=1)
        raise AssertionError("no error")
    except quotas.exceptions.TooManyRequestsException:
        pass
    stack.control("PUT", "rates", {})


def clients(url, key, secret):
    """A call of each service that is signed with a key."""
    session = boto3.Session(aws_access_key_id=key, aws_secret_access_key=secret)

    def client(name):
        return session.client(name, endpoint_url=url, config=Config(retries={"total_max_attempts": 1}))

    return (
        (client("service-quotas").list_service_quotas, {"ServiceCode": SERVICE}, "InvalidSignatureException", "UnrecognizedClientException"),
        (client("sts").get_caller_identity, {}, "SignatureDoesNotMatch", "InvalidClientTokenId"),
        (client("cloudwatch").list_metrics, {}, "SignatureDoesNotMatch", "InvalidClientTokenId"),
    )


def signatures():
    """An account that checks them: this signer's are right, wrong ones are told so in each service's words."""
    with Emulator(accounts=ACCOUNTS) as emulator:
        for call, arguments, _, _ in clients(emulator.emulator, KEY, SECRET):
            call(**arguments)
        for protocol in PROTOCOLS:
            speaking(protocol, emulator.emulator, aws_access_key_id=KEY, aws_secret_access_key=SECRET).list_metrics()
        for call, arguments, wrong, _ in clients(emulator.emulator, KEY, "wrong"):
            code, _ = code_of(call, **arguments)
            check(code == wrong, f"a wrong secret: {code}, want {wrong}")
        for call, arguments, _, unknown in clients(emulator.emulator, "AKIDNOBODY", SECRET):
            code, _ = code_of(call, **arguments)
            check(code == unknown, f"an unknown key: {code}, want {unknown}")


def identity(stack):
    told = boto3.client("sts", endpoint_url=stack.emulator).get_caller_identity()
    check(told["Account"].isdigit() and len(told["Account"]) == 12, f"account {told['Account']}")
    check(told["Arn"].startswith(f"arn:aws:iam::{told['Account']}:") and told["UserId"], f"caller {told}")


def cases(client):
    with Stack("--preset", "guide", "--case-after", "1s", "--decide-after", "1s") as stack:
        quotas = service_quotas(stack.emulator)
        for name, check_it in (
            ("lists to their ends", pages), ("values and defaults", values), ("what is refused", refusals),
            ("a request until it is approved", increase), ("a case by hand", case), ("throttled and denied", trouble), ("rates", rates),
        ):
            client.case(f"Service Quotas: {name}", lambda check_it=check_it: check_it(quotas, stack))
        client.case("STS: who am I", lambda: identity(stack))
    client.case("signatures of Service Quotas, STS, CloudWatch", signatures)
