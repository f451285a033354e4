"""What template.yaml promises of logs, traces, alarms and the dashboard: see template_promises.py."""

import json
import re
from pathlib import Path

from template_reader import chosen, holds, of_type, properties

TOP = Path(__file__).parents[1]
METRICS = TOP / "docs/METRICS.md"
OPERATIONS = TOP / "docs/OPERATIONS.md"
OWN = "CloudMirror"
# What the functions count, by docs/METRICS.md; alarms and dashboard draw on nothing else of ours.
COUNTED = {
    "requests",
    "hits",
    "misses",
    "stored",
    "collapsed",
    "origins",
    "hops",
    "refusals",
    "fail_opens",
    "wait_milliseconds",
    "claims",
    "expirations",
    "copies",
    "copied_bytes",
    "copy_milliseconds",
    "copy_failures",
    "purges",
    "purge_failures",
}
# By dimensions, as they are emitted.
STACK, POOL, KIND = ("stack",), ("stack", "pool"), ("stack", "kind")
# What AWS counts of ours.
THEIRS = {
    "AWS/SQS": {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"},
    "AWS/ApiGateway": {"Count", "4xx", "5xx"},
    "AWS/Lambda": {"Errors", "Throttles", "Invocations", "ConcurrentExecutions"},
}
# Each alarm: where docs/OPERATIONS.md says what to do, and what it watches.
ALARMS = {
    "CopyDeadLettersAlarm": ("dead-letters", {("ApproximateNumberOfMessagesVisible", "CopyDeadLetters")}),
    "BulkDeadLettersAlarm": ("dead-letters", {("ApproximateNumberOfMessagesVisible", "BulkDeadLetters")}),
    "OldCopiesAlarm": ("old-messages", {("ApproximateAgeOfOldestMessage", "CopyQueue")}),
    "OldBulkCopiesAlarm": ("old-messages", {("ApproximateAgeOfOldestMessage", "BulkQueue")}),
    "FailOpenAlarm": ("fail-open", {("fail_opens", "AWS::StackName"), ("requests", "AWS::StackName")}),
    "AnswerErrorsAlarm": ("errors", {("5xx", "HttpApi"), ("Count", "HttpApi")}),
    "CopierErrorsAlarm": ("errors", {("Errors", "CopierFunction"), ("Invocations", "CopierFunction")}),
    "SlowWaitsAlarm": ("slow-waits", {("wait_milliseconds", "AWS::StackName")}),
    "RedirectThrottledAlarm": ("throttled", {("Throttles", "RedirectFunction")}),
    "CopierThrottledAlarm": ("throttled", {("Throttles", "CopierFunction")}),
}
# Those that need enough requests to mean anything.
OF_REQUESTS = ["FailOpenAlarm", "AnswerErrorsAlarm"]
# Of a request: nothing that the client wrote, and so no URL that may be signed.
SAFE = {
    "requestId",
    "requestTimeEpoch",
    "httpMethod",
    "routeKey",
    "protocol",
    "status",
    "responseLength",
    "responseLatency",
    "integration.requestId",
    "integration.latency",
    "integration.status",
    "integration.error",
    "error.responseType",
    "identity.sourceIp",
    "identity.userArn",
}
# What the dashboard shows of each pool by itself, with its statistic; and of each kind of error.
BY_POOL = {
    ("hits", "Sum"),
    ("misses", "Sum"),
    ("collapsed", "Sum"),
    ("copies", "Sum"),
    ("copied_bytes", "Sum"),
    ("fail_opens", "Sum"),
    ("wait_milliseconds", "p50"),
    ("wait_milliseconds", "p99"),
}
BY_KIND = {("copy_failures", "Sum")}
SEARCH = re.compile(r"SEARCH\('\{([\w,]+)\} MetricName=\"(\w+)\" stack=\"STACK\"', '(\w+)', \d+\)")


def check_logs(template):
    groups = of_type(template, "AWS::Logs::LogGroup")
    for name, group in groups.items():
        holds(f"{name}: nothing is kept for ever", group["RetentionInDays"] == {"Ref": "LogRetentionDays"})
    for name, function in of_type(template, "AWS::Serverless::Function").items():
        holds(f"{name}: its log is one of the stack's", function["LoggingConfig"]["LogGroup"]["Ref"] in groups)
    access = properties(template, "HttpApiStage")["AccessLogSettings"]
    holds("every request is logged", access["DestinationArn"]["Fn::Sub"].endswith(":log-group:${AccessLogs}"))
    line = json.loads(access["Format"])
    told = {value.removeprefix("$context.") for value in line.values()}
    holds(f"no URL reaches the access log; not known as safe: {sorted(told - SAFE)}", told <= SAFE)
    holds("a line leads to the function's", line["request_id"] == "$context.requestId")


def check_traces(template):
    every = template["Globals"]["Function"]
    holds("every invocation is traced", every["Tracing"] == "Active")
    named = every["Environment"]["Variables"]["STACK_NAME"]
    holds("the functions know the metrics' dimension", named == {"Ref": "AWS::StackName"})


def check_alarms(template):
    alarms = of_type(template, "AWS::CloudWatch::Alarm")
    holds("each alarm is known here", set(alarms) == set(ALARMS))
    topic = chosen("HasAlarmTopic", [{"Ref": "AlarmTopicArn"}])
    for name, alarm in alarms.items():
        section, watched = ALARMS[name]
        says = alarm["AlarmDescription"].endswith(f"What to do: docs/OPERATIONS.md#{section}")
        holds(f"{name}: it says where to read on", says)
        holds(f"{name}: there is such a section", section in anchors(OPERATIONS))
        told = alarm.get("AlarmActions") == alarm.get("OKActions") == topic
        holds(f"{name}: the topic is told of its begin and its end, if there is one", told)
        holds(f"{name}: no news is good news", alarm.get("TreatMissingData") == "notBreaching")
        metrics = [metric_of(each) for each in measured(alarm)]
        holds(f"{name}: it watches what it should", {each[1:] for each in metrics} == watched)
        for namespace, metric, _ in metrics:
            check_metric(name, namespace, metric, STACK)
        holds(f"{name}: a rate may be calculated", "Metrics" not in alarm or calculated(template, name))
    for name in OF_REQUESTS:
        rate = alarms[name]["Metrics"][0]["Expression"]["Fn::Sub"]
        holds(f"{name}: only with enough requests", rate == "IF(requests >= ${MinimumRequests}, 100 * failed / requests, 0)")


def calculated(template, name):
    """The emulator refuses such an alarm and, with it, the stack."""
    return template["Resources"][name].get("Condition") == "KnowsMetricMath"


def measured(alarm):
    """The metrics behind an alarm: its own, or those that its rate is calculated from."""
    if "Metrics" not in alarm:
        return [alarm]
    return [each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each]


def metric_of(metric):
    """Its namespace, its name, and the resource whose it is."""
    [dimension] = metric["Dimensions"]
    value = dimension["Value"]
    if metric["Namespace"] == OWN:
        holds(f"{metric['MetricName']}: by its dimension", dimension["Name"] == "stack")
    owner = value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]
    return metric["Namespace"], metric["MetricName"], owner


def check_metric(where, namespace, metric, dimensions):
    if namespace != OWN:
        holds(f"{where}: AWS has {namespace} {metric}", metric in THEIRS[namespace])
        return
    holds(f"{where}: {metric} is counted", metric in COUNTED)
    holds(f"{where}: {metric} is counted by {dimensions}", dimensions != KIND or (metric, "Sum") in BY_KIND)
    holds(f"{where}: docs/METRICS.md has {metric}", f"`{metric}`" in METRICS.read_text())


def check_dashboard(template):
    board = properties(template, "Dashboard")
    # Dashboards are of the account: without the region two stacks would share one.
    holds("two regions have two dashboards", board["DashboardName"] == {"Fn::Sub": "${AWS::StackName}-${AWS::Region}"})
    widgets = json.loads(resolved(board["DashboardBody"]["Fn::Sub"]))["widgets"]
    check_places(widgets)
    shown, searched = set(), set()
    for widget in widgets:
        for metric in widget["properties"].get("metrics", []):
            title = widget["properties"]["title"]
            if isinstance(metric[0], str):
                check_metric(title, metric[0], metric[1], (metric[2],) if metric[0] == OWN else ())
                shown.add(tuple(metric[1:]))
            else:
                searched.add(found_by(title, metric[0]["expression"]))
    wanted = {(POOL, *each) for each in BY_POOL} | {(KIND, *each) for each in BY_KIND}
    holds(f"it shows by pool and by kind what it should; not {sorted(wanted - searched)}", wanted <= searched)
    for queue in ["CopyQueue", "BulkQueue"]:
        holds(f"it shows the age of {queue}", ("ApproximateAgeOfOldestMessage", "QueueName", queue) in shown)
    for queue in ["CopyDeadLetters", "BulkDeadLetters"]:
        holds(f"it shows {queue}", ("ApproximateNumberOfMessagesVisible", "QueueName", queue) in shown)
    first = {arn.rpartition(":alarm:")[2] for arn in widgets[0]["properties"]["alarms"]}
    named = {resolved(each["AlarmName"]["Fn::Sub"]) for each in of_type(template, "AWS::CloudWatch::Alarm").values()}
    holds("it shows every alarm", first == named)


def resolved(text):
    """As CloudFormation would, but with names for values."""
    text = text.replace("${AWS::StackName}", "STACK")
    return re.sub(r"\$\{([A-Za-z:]+)(\.\w+)?\}", r"\1", text).replace("${!", "${")


def found_by(title, expression):
    search = SEARCH.fullmatch(expression)
    holds(f"{title}: its search can be read", search)
    namespace, *dimensions = search[1].split(",")
    check_metric(title, namespace, search[2], tuple(dimensions))
    holds(f"{title}: such dimensions are emitted", tuple(dimensions) in (POOL, KIND))
    return tuple(dimensions), search[2], search[3]


def check_places(widgets):
    taken = [(x, y) for each in widgets for x in across(each, "x", "width") for y in across(each, "y", "height")]
    holds("no part of the dashboard lies on another", len(taken) == len(set(taken)))
    holds("the dashboard is 24 wide", max(x for x, _ in taken) < 24)


def across(widget, begin, length):
    return range(widget[begin], widget[begin] + widget[length])


def anchors(document):
    """What its headings may be linked to as."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
