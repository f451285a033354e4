"""What template.yaml promises and no linter knows. Fails naming the first promise that is broken.

With a folder as second argument: also that every function built there is a program for the
processor that the template says by default.
"""

import json
import re
import sys
from pathlib import Path

from cfnlint.decode import decode

# What is imported from this folder leaves nothing in it.
sys.dont_write_bytecode = True

from template_reader import chosen, holds, of_type, properties
from template_signals import check_alarms, check_dashboard, check_logs, check_traces

# e_machine of an ELF header, by Lambda's word for the architecture.
MACHINES = {"arm64": 183, "x86_64": 62}
FUNCTIONS = ["RedirectFunction", "CopierFunction", "PurgeFunction"]
# Each queue with its way to the copier.
QUEUES = {"CopyQueue": "CopyEvents", "BulkQueue": "BulkEvents"}

# A thousand simultaneous first requests.
HERD = 1000
# Which event source may start how many copiers at once, by the words of the mapping.
COPIERS = {"CopyEvents": "OfCopyQueue", "BulkEvents": "OfBulkQueue"}
# Outputs that were there before: scripts and people know them.
KNOWN_OUTPUTS = {
    "Endpoint",
    "StatusTableName",
    "CopyQueueUrl",
    "CopyQueueName",
    "BulkQueueUrl",
    "BulkQueueName",
    "CopyDeadLettersName",
    "BulkDeadLettersName",
}
# Each parameter that holds a secret, with the condition that it is given.
SECRETS = {
    "AzureStorageAccountKey": "HasAzureKey",
    "AzureClientSecret": "HasAzureApplication",
    "GoogleServiceAccountKey": "HasGoogleKey",
    "S3CompatibleSecretAccessKey": "HasS3CompatibleKey",
    "EdgeSecret": "HasEdgeSecret",
}
TOP = Path(__file__).parents[1]
DESCRIPTION = TOP / "functions/redirect/src/openapi.json"
DEPLOYING = TOP / "docs/DEPLOYING.md"


def listed(one_or_more):
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


def statements(template, function):
    """The ones that always apply."""
    return properties(template, function)["Policies"][0]["Statement"]


def actions(template, function):
    return {action for statement in statements(template, function) for action in listed(statement["Action"])}


def check_queues(template):
    limit = properties(template, "CopierFunction")["Timeout"]
    for name in QUEUES:
        queue = properties(template, name)
        # The third fault of the Node original: the same copy began again beside itself.
        holds(f"{name}: a message stays invisible for six times a copy's limit", queue["VisibilityTimeout"] >= 6 * limit)
        holds(f"{name}: what cannot succeed becomes a dead letter", queue["RedrivePolicy"]["maxReceiveCount"] >= 2)
        letters = queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        kept = properties(template, letters)["MessageRetentionPeriod"]
        holds(f"{name}: dead letters are kept as long as can be", letters not in QUEUES and kept == 14 * 24 * 3600)
        # A message keeps its age when it becomes a dead letter.
        left = kept - queue["MessageRetentionPeriod"]
        holds(f"{name}: a dead letter is kept for ten days at least", left >= 10 * 24 * 3600)
    known = template["Globals"]["Function"]["Environment"]["Variables"]
    urls = [known["COPY_QUEUE_URL"], known["BULK_QUEUE_URL"]]
    holds("every function knows both queues", urls == [{"Ref": "CopyQueue"}, {"Ref": "BulkQueue"}])


def check_events(template):
    for queue, name in QUEUES.items():
        events = properties(template, name)
        holds(f"{name}: they come from {queue}", events["EventSourceArn"] == {"Fn::GetAtt": [queue, "Arn"]})
        holds(f"{name}: they go to the copier", events["FunctionName"] == {"Ref": "CopierFunction"})
        reports = events["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        holds(f"{name}: failed items are reported one by one", reports)
    bulk = properties(template, "BulkEvents")
    holds("nobody waits behind a huge object", bulk["BatchSize"] == 1)


def check_concurrency(template):
    def by_account(word):
        return {"Fn::FindInMap": ["Copiers", {"Ref": "AccountConcurrency"}, word]}

    for name, word in COPIERS.items():
        most = properties(template, name)["ScalingConfig"]["MaximumConcurrency"]
        holds(f"{name}: copiers have a limit of their own", most == by_account(word))
    accounts = template["Parameters"]["AccountConcurrency"]
    for account in accounts["AllowedValues"]:
        limits = template["Mappings"]["Copiers"][account]
        each = [limits[word] for word in COPIERS.values()]
        holds(f"{account}: at least the two that Lambda takes", min(each) >= 2)
        # With less, a message would be taken that nobody works on.
        holds(f"{account}: no poll is ever throttled", limits["Together"] == sum(each))
    reserved = properties(template, "CopierFunction")["ReservedConcurrentExecutions"]
    holds("copiers have room when a thousand requests wait", reserved == chosen("ReservesCopiers", by_account("Together")))
    holds("unless somebody says otherwise", accounts["Default"] == "regular")
    reserves = template["Conditions"]["ReservesCopiers"]
    holds("a small account reserves nothing", reserves == {"Fn::Equals": [{"Ref": "AccountConcurrency"}, "regular"]})


def check_front_door(template):
    stage = properties(template, "HttpApiStage")
    limits = {"ThrottlingRateLimit": {"Ref": "RequestsPerSecond"}, "ThrottlingBurstLimit": {"Ref": "RequestBurst"}}
    holds("requests have a limit that can be set", stage["DefaultRouteSettings"] == limits)
    holds("a herd may come at once", template["Parameters"]["RequestBurst"]["Default"] >= HERD)
    for name, integration in of_type(template, "AWS::ApiGatewayV2::Integration").items():
        one = {"overwrite:header.x-request-id": "$context.requestId"}
        holds(f"{name}: a request has one id everywhere", integration["RequestParameters"] == one)


def check_routes(template):
    routes = of_type(template, "AWS::ApiGatewayV2::Route").values()
    keys = {route["RouteKey"].replace("{url+}", "{url}") for route in routes}
    paths = json.loads(DESCRIPTION.read_text())["paths"].items()
    described = {f"{method.upper()} {path}" for path, item in paths for method in item if method != "parameters"}
    holds(f"its routes are the API description's; only in one of both: {sorted(keys ^ described)}", keys == described)


def check_domain(template):
    resources = template["Resources"]
    for name, condition in {
        "Domain": "HasDomain",
        "DomainMapping": "HasDomain",
        "Certificate": "MakesCertificate",
        "DomainRecord": "MakesRecord",
    }.items():
        holds(f"{name}: only for who wants it", resources[name].get("Condition") == condition)
    holds("a name without a certificate is refused before anything is made", "ADomainNeedsACertificate" in template["Rules"])


def check_parameters(template):
    parameters = template["Parameters"]
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = sorted(name for group in groups for name in group["Parameters"])
    holds("the console shows every parameter in one group", grouped == sorted(parameters))
    asked = [name for name, each in parameters.items() if "Default" not in each]
    holds("only what nobody can guess must be said", asked == ["PoolBucketPrefix"])
    document = DEPLOYING.read_text()
    for name, each in parameters.items():
        holds(f"{name} is described", each.get("Description"))
        holds(f"{name} has a line in docs/DEPLOYING.md's table", f"\n| `{name}` |" in document)


def check_secrets(template):
    """Whoever may look at the stack is shown none, and functions are given only what is there."""
    parameters, variables = template["Parameters"], template["Globals"]["Function"]["Environment"]["Variables"]
    for name, condition in SECRETS.items():
        variable = re.sub("(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()
        holds(f"{name}: is never shown", parameters[name].get("NoEcho") is True)
        given = chosen(condition, {"Ref": name})
        holds(f"{name}: {variable} is set where it is given, and nowhere else", variables[variable] == given)


def check_outputs(template):
    outputs = template["Outputs"]
    holds("outputs keep their names", KNOWN_OUTPUTS <= set(outputs))
    document = DEPLOYING.read_text()
    untold = [name for name in outputs if f"`{name}`" not in document]
    holds(f"docs/DEPLOYING.md names every output; not {untold}", not untold)


def check_access(template):
    for route in of_type(template, "AWS::ApiGatewayV2::Route").values():
        key = route["RouteKey"]
        said = {"/v1/purge/": "AWS_IAM", "/v1/ping": "NONE"}
        needed = next((said[path] for path in said if path in key), {"Ref": "RedirectAuthorization"})
        holds(f"{key}: who may ask is as it should be", route["AuthorizationType"] == needed)
    writes = {"s3:PutObject", "s3:DeleteObject"}
    holds("presigned addresses cannot write", not writes & actions(template, "RedirectFunction"))


def check_table(template):
    ttl = properties(template, "StatusTable")["TimeToLiveSpecification"]
    holds("the table deletes by the attribute that is written", ttl == {"AttributeName": "ttl", "Enabled": True})
    holds("a copier may send a message on and on", properties(template, "CopierFunction")["RecursiveLoop"] == "Allow")
    holds("an HTTP API's 30 s are enough", properties(template, "RedirectFunction")["Timeout"] == 30)


def check_programs(template, built):
    architecture = template["Parameters"]["Architecture"]["Default"]
    for function in FUNCTIONS:
        header = (built / function / "bootstrap").read_bytes()[:20]
        holds(f"{function}: its program is an ELF file", header[:4] == b"\x7fELF")
        machine = int.from_bytes(header[18:20], "little")
        holds(f"{function}: its program is for {architecture}", machine == MACHINES[architecture])
        holds(f"{function}: the configuration lies beside it", (built / function / "mirror.toml").is_file())


template, problems = decode(sys.argv[1])
holds("can be read", not problems)
for check in [
    check_queues,
    check_events,
    check_concurrency,
    check_front_door,
    check_routes,
    check_domain,
    check_access,
    check_table,
    check_logs,
    check_traces,
    check_alarms,
    check_dashboard,
    check_parameters,
    check_secrets,
    check_outputs,
]:
    check(template)
if len(sys.argv) > 2:
    check_programs(template, Path(sys.argv[2]))
print("template.yaml keeps its promises")
