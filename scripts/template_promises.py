"""What template.yaml promises and no linter knows. Fails naming the first promise that is broken.

With a folder as second argument: also that every function built there is a program for the
processor that the template says by default.
"""

import sys
from pathlib import Path

from cfnlint.decode import decode

# e_machine of an ELF header, by Lambda's word for the architecture.
MACHINES = {"arm64": 183, "x86_64": 62}
FUNCTIONS = ["RedirectFunction", "CopierFunction", "PurgeFunction"]
# A look at a replica, which every function takes.
LOOK = {"s3:ListBucket", "s3:GetObject", "s3:GetObjectTagging"}
TABLE = {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}


def properties(template, name):
    return template["Resources"][name]["Properties"]


def holds(promise, true):
    if not true:
        sys.exit(f"template.yaml: {promise}")


def actions(template, function):
    """Of the statements that always apply."""
    statements = properties(template, function)["Policies"][0]["Statement"]
    listed = [statement["Action"] for statement in statements]
    return {action for each in listed for action in ([each] if isinstance(each, str) else each)}


def check_queues(template):
    limit = properties(template, "CopierFunction")["Timeout"]
    for name in ["CopyQueue", "BulkQueue"]:
        queue = properties(template, name)
        # The third fault of the Node original: the same copy began again beside itself.
        holds(f"{name}: a message stays invisible for six times a copy's limit", queue["VisibilityTimeout"] >= 6 * limit)
        holds(f"{name}: what cannot succeed becomes a dead letter", queue["RedrivePolicy"]["maxReceiveCount"] >= 2)
    for name in ["CopyEvents", "BulkEvents"]:
        types = properties(template, name)["FunctionResponseTypes"]
        holds(f"{name}: failed items are reported one by one", types == ["ReportBatchItemFailures"])


def check_access(template):
    routes = [each["Properties"] for each in template["Resources"].values() if each["Type"] == "AWS::ApiGatewayV2::Route"]
    purges = [route for route in routes if "/v1/purge/" in route["RouteKey"]]
    holds("purging is authenticated", purges and all(route["AuthorizationType"] == "AWS_IAM" for route in purges))
    for function in FUNCTIONS:
        allowed = actions(template, function)
        holds(f"{function} may look at a replica and use the table", LOOK | TABLE <= allowed)
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
check_queues(template)
check_access(template)
check_table(template)
if len(sys.argv) > 2:
    check_programs(template, Path(sys.argv[2]))
print("template.yaml keeps its promises")
