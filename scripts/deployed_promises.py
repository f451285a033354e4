"""Reads back from the emulator what sam has deployed, and compares it with template.yaml.

    scripts/deployed_promises.py prepare                  makes what the fullest deployment needs, and
                                                          prints its parameters, Name=value, one a line
    scripts/deployed_promises.py check STACK NAME=VALUE…  the stack that was deployed with those

Talks to AWS_ENDPOINT_URL and to nothing else. What the emulator drops or refuses, docs/DEPLOYING.md says.
"""

import json
import os
import sys
import urllib.request

import boto3
from cfnlint.decode import decode

# What is imported from this folder leaves nothing in it.
sys.dont_write_bytecode = True

from template_reader import holds, of_type

DOMAIN = "mirror.example.com"


def prepare():
    """Every parameter that makes something, and none by its default."""
    topic = boto3.client("sns").create_topic(Name="alarms")["TopicArn"]
    zone = boto3.client("route53").create_hosted_zone(Name="example.com", CallerReference="deployed-promises")
    return {
        "RedirectAuthorization": "AWS_IAM",
        "RequestsPerSecond": "50",
        "RequestBurst": "60",
        "DomainName": DOMAIN,
        "HostedZoneId": zone["HostedZone"]["Id"].rpartition("/")[2],
        "AccountConcurrency": "small",
        "LogRetentionDays": "7",
        "AlarmTopicArn": topic,
        "OldMessageSeconds": "900",
        "OldBulkMessageSeconds": "7200",
        "SlowWaitMilliseconds": "5000",
    }


class Stack:
    """A deployed stack, beside the template and the parameters that it was deployed with."""

    def __init__(self, name, template, overrides):
        stacks = boto3.client("cloudformation")
        self.name, self.template = name, template
        self.parameters = {key: str(each.get("Default", "")) for key, each in template["Parameters"].items()} | overrides
        found = stacks.describe_stack_resources(StackName=name)["StackResources"]
        self.ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}
        outputs = stacks.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
        self.outputs = {each["OutputKey"]: each["OutputValue"] for each in outputs}

    def value(self, written):
        """A number or a text of the template, as deployed."""
        if isinstance(written, dict) and "Fn::Sub" in written:
            return written["Fn::Sub"].replace("${AWS::StackName}", self.name)
        return self.parameters[written["Ref"]] if isinstance(written, dict) else written


def check_outputs(stack):
    domain = bool(stack.parameters["DomainName"])
    wanted = {name for name, each in stack.template["Outputs"].items() if domain or "Condition" not in each}
    holds("deployed, each output is there", set(stack.outputs) == wanted and all(stack.outputs.values()))


def check_alarms(stack):
    found = boto3.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{stack.name}-")["MetricAlarms"]
    found = {alarm["AlarmName"]: alarm for alarm in found}
    topic = stack.parameters["AlarmTopicArn"]
    for name, written in of_type(stack.template, "AWS::CloudWatch::Alarm").items():
        if "Metrics" in written:
            continue
        alarm = found.get(stack.value(written["AlarmName"]))
        holds(f"deployed, {name} is there", alarm)
        same = alarm["MetricName"] == written["MetricName"] and alarm["Threshold"] == float(stack.value(written["Threshold"]))
        holds(f"deployed, {name} watches what is written", same)
        told = [topic] if topic else []
        holds(f"deployed, {name} tells whom it should", alarm["AlarmActions"] == alarm["OKActions"] == told)


def check_dashboard(stack):
    board = boto3.client("cloudwatch").get_dashboard(DashboardName=stack.outputs["DashboardName"])["DashboardBody"]
    holds("deployed, the dashboard can be read", json.loads(board)["widgets"])
    left = board.replace("${PROP(", "")
    holds("deployed, nothing in the dashboard is left open", "${" not in left and f'stack=\\"{stack.name}\\"' in left)


def check_front_door(stack):
    api = stack.ids["HttpApi"]
    # Not by boto3: the emulator spells these settings as the template does.
    request = urllib.request.Request(f"{os.environ['AWS_ENDPOINT_URL']}/v2/apis/{api}/stages/$default")
    request.add_header("Authorization", "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/apigateway/aws4_request")
    settings = json.load(urllib.request.urlopen(request, timeout=30))["defaultRouteSettings"]
    limits = [stack.parameters["RequestsPerSecond"], stack.parameters["RequestBurst"]]
    deployed = [str(settings["ThrottlingRateLimit"]), str(settings["ThrottlingBurstLimit"])]
    holds("deployed, requests are limited as the parameters say", deployed == limits)
    gateway = boto3.client("apigatewayv2")
    logs = gateway.get_stage(ApiId=api, StageName="$default")["AccessLogSettings"]
    holds("deployed, the access log has its group", logs["DestinationArn"].endswith(f":{stack.outputs['AccessLogGroup']}"))
    routes = gateway.get_routes(ApiId=api)["Items"]
    asked = {route["AuthorizationType"] for route in routes if "/v1/redirect/" in route["RouteKey"]}
    holds("deployed, those may ask whom the parameter names", asked == {stack.parameters["RedirectAuthorization"]})


def check_logs(stack):
    days = int(stack.parameters["LogRetentionDays"])
    for name in of_type(stack.template, "AWS::Logs::LogGroup"):
        [group] = boto3.client("logs").describe_log_groups(logGroupNamePrefix=stack.ids[name])["logGroups"]
        holds(f"deployed, {name} is kept for {days} days", group["retentionInDays"] == days)


def check_functions(stack):
    functions = boto3.client("lambda")
    for name in of_type(stack.template, "AWS::Serverless::Function"):
        deployed = functions.get_function_configuration(FunctionName=stack.ids[name])
        holds(f"deployed, {name} is traced", deployed["TracingConfig"]["Mode"] == "Active")
        holds(f"deployed, {name} knows its stack", deployed["Environment"]["Variables"]["STACK_NAME"] == stack.name)
    limits = stack.template["Mappings"]["Copiers"][stack.parameters["AccountConcurrency"]]
    found = functions.list_event_source_mappings(FunctionName=stack.ids["CopierFunction"])["EventSourceMappings"]
    most = {each["EventSourceArn"].rpartition(":")[2]: each["ScalingConfig"]["MaximumConcurrency"] for each in found}
    wanted = {stack.outputs["CopyQueueName"]: limits["OfCopyQueue"], stack.outputs["BulkQueueName"]: limits["OfBulkQueue"]}
    holds("deployed, copiers have the limits of the account", most == wanted)


def check_domain(stack):
    name, zone = stack.parameters["DomainName"], stack.parameters["HostedZoneId"]
    holds("deployed, a domain is there for who wants one", ("Domain" in stack.ids) == bool(name))
    if not name:
        return
    [mapping] = boto3.client("apigatewayv2").get_api_mappings(DomainName=name)["Items"]
    holds("deployed, the domain leads to the API", mapping["ApiId"] == stack.ids["HttpApi"])
    records = boto3.client("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    [record] = [each for each in records if each["Name"] == f"{name}."]
    leads = record["AliasTarget"]["DNSName"].rstrip(".") == stack.outputs["DomainTarget"]
    holds("deployed, the record leads to the domain's target", leads)


match sys.argv[1:]:
    case ["prepare"]:
        print(*(f"{name}={value}" for name, value in prepare().items()), sep="\n")
    case ["check", name, *overrides]:
        read, problems = decode("template.yaml")
        holds("can be read", not problems)
        stack = Stack(name, read, dict(each.split("=", 1) for each in overrides))
        for check in [check_outputs, check_alarms, check_dashboard, check_front_door, check_logs, check_functions, check_domain]:
            check(stack)
        print(f"{name} is deployed as template.yaml says")
    case _:
        sys.exit(__doc__)
