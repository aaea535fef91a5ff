"""The emulator's CloudWatch, spoken to by boto3 in each of its protocols."""

import datetime
import time

import boto3
import botocore.exceptions
import botocore.session

from harness import GEO_MODEL, check

NAMESPACE = "AWS/Bedrock"
ALARM = "throttles"
PROTOCOLS = {"smithy-rpc-v2-cbor": "CBOR, by default", "json": "awsJson 1.0", "query": "awsQuery"}


def speaking(protocol, url, **credentials):
    """A client that speaks one protocol: the service's model is made to name no other."""
    core = botocore.session.get_session()
    loader = core.get_component("data_loader")
    load = loader.load_service_model

    def narrowed(service, kind, *rest, **named):
        model = load(service, kind, *rest, **named)
        if service == "cloudwatch" and kind == "service-2":
            model = {**model, "metadata": {**model["metadata"], "protocol": protocol, "protocols": [protocol]}}
        return model

    loader.load_service_model = narrowed
    client = boto3.Session(botocore_session=core, **credentials).client("cloudwatch", endpoint_url=url)
    check(client.meta.service_model.resolved_protocol == protocol, f"speaks {client.meta.service_model.resolved_protocol}")
    return client


def span():
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"StartTime": now - datetime.timedelta(minutes=10), "EndTime": now + datetime.timedelta(minutes=2)}


def metric(name, **more):
    """A metric of GEO_MODEL, as queries and alarms name it."""
    return {"Namespace": NAMESPACE, "MetricName": name, "Dimensions": [{"Name": "ModelId", "Value": GEO_MODEL}], **more}


def query(name, identifier):
    stat = {"Metric": metric(name), "Period": 60, "Stat": "Sum"}
    return {"Id": identifier, "MetricStat": stat}


def reads(watch, calls, throttles):
    """Metrics: what was called shows, in a list, by query, by math and as statistics."""
    listed = watch.list_metrics(Namespace=NAMESPACE, Dimensions=[{"Name": "ModelId"}])["Metrics"]
    check({"Invocations", "InvocationThrottles"} <= {m["MetricName"] for m in listed}, f"listed {listed}")
    queries = [query("Invocations", "m1"), query("InvocationThrottles", "m2")]
    queries.append({"Id": "e1", "Expression": "SUM([m1, m2])", "Label": "all"})
    results = watch.get_metric_data(MetricDataQueries=queries, **span())["MetricDataResults"]
    got = {r["Id"]: sum(r["Values"]) for r in results}
    check(got == {"m1": calls, "m2": throttles, "e1": calls + throttles}, f"got {got}")
    check(all(isinstance(t, datetime.datetime) for r in results for t in r["Timestamps"]), "timestamps are no times")
    points = watch.get_metric_statistics(
        **metric("InvocationLatency"), Period=60, Statistics=["SampleCount"], ExtendedStatistics=["p99"], **span())["Datapoints"]
    check(sum(p["SampleCount"] for p in points) == calls, f"latencies {points}")
    check(all("p99" in p["ExtendedStatistics"] for p in points), f"percentiles {points}")


def puts(watch, calls, throttles):
    """Data of one's own, with a time and values."""
    at = datetime.datetime.now(datetime.timezone.utc)
    datum = {"MetricName": "Depth", "Timestamp": at, "Values": [1.5, 2.0], "Counts": [2.0, 1.0], "Unit": "Count"}
    watch.put_metric_data(Namespace="Conformance/" + watch.meta.service_model.resolved_protocol, MetricData=[datum])
    listed = watch.list_metrics(Namespace="Conformance/" + watch.meta.service_model.resolved_protocol)["Metrics"]
    check([m["MetricName"] for m in listed] == ["Depth"], f"listed {listed}")


def alarms(watch, calls, throttles):
    """An alarm is put, described, set, tagged and deleted."""
    watch.put_metric_alarm(
        AlarmName=ALARM, **metric("InvocationThrottles"), Statistic="Sum", Period=300, EvaluationPeriods=1, Threshold=10.0,
        ComparisonOperator="GreaterThanThreshold", TreatMissingData="notBreaching", Tags=[{"Key": "a", "Value": "b"}])
    (alarm,) = watch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
    check(alarm["StateValue"] in ("INSUFFICIENT_DATA", "OK") and alarm["Threshold"] == 10.0, f"alarm {alarm}")
    check(isinstance(alarm["StateUpdatedTimestamp"], datetime.datetime), f"alarm {alarm}")
    watch.set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="conformance")
    tags = watch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
    check(tags == [{"Key": "a", "Value": "b"}], f"tags {tags}")
    watch.delete_alarms(AlarmNames=[ALARM])
    check(not watch.describe_alarms()["MetricAlarms"], "the alarm is still there")


def errors(watch, calls, throttles):
    """Errors arrive as the SDK's own exceptions, with the codes of the query protocol."""
    try:
        watch.set_alarm_state(AlarmName="none", StateValue="OK", StateReason="x")
        raise AssertionError("no error")
    except watch.exceptions.ResourceNotFound as error:
        check("none" in str(error), str(error))
    try:
        watch.get_metric_data(MetricDataQueries=[{"Id": "e1", "Expression": "m1 +"}], **span())
        raise AssertionError("no error")
    except botocore.exceptions.ClientError as error:
        check(error.response["Error"]["Code"] == "ValidationError", str(error))


def cases(client, stack, calls, throttles):
    """Run every check in every protocol."""
    for protocol, told in PROTOCOLS.items():
        watch = speaking(protocol, stack.emulator)
        for what in (reads, puts, alarms, errors):
            client.case(f"CloudWatch, {told}: {what.__name__}", lambda what=what, watch=watch: what(watch, calls, throttles))
        time.sleep(1)  # three alarms a second is all that the service takes
