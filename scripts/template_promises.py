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
# What going on with an upload takes, and what ending it takes.
PARTS = {"s3:PutObject", "s3:ListMultipartUploadParts", "s3:ListBucketMultipartUploads", "s3:AbortMultipartUpload"}
# Each queue with its way to the copier.
QUEUES = {"CopyQueue": "CopyEvents", "BulkQueue": "BulkEvents"}
# To work on a message, and to hand it on.
DELIVERY = {
    "sqs:SendMessage",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
}
TABLE = {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}


def properties(template, name):
    return template["Resources"][name]["Properties"]


def holds(promise, true):
    if not true:
        sys.exit(f"template.yaml: {promise}")


def listed(one_or_more):
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


def statements(template, function):
    """The ones that always apply."""
    return properties(template, function)["Policies"][0]["Statement"]


def actions(template, function):
    return {action for statement in statements(template, function) for action in listed(statement["Action"])}


def actions_on(template, function, name):
    resource = {"Fn::GetAtt": [name, "Arn"]}
    given = [each for each in statements(template, function) if resource in listed(each["Resource"])]
    return {action for statement in given for action in listed(statement["Action"])}


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
        allowed = actions_on(template, "CopierFunction", name)
        holds(f"{name}: the copier may work on its messages and send more", DELIVERY <= allowed)
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
        # Two is the least that Lambda takes.
        most = events["ScalingConfig"]["MaximumConcurrency"]
        holds(f"{name}: copiers have a limit of their own", most >= 2)
    bulk = properties(template, "BulkEvents")
    holds("nobody waits behind a huge object", bulk["BatchSize"] == 1)
    # Reserved concurrency would let the copies of one queue take the other's places.
    holds("both queues' limits hold", "ReservedConcurrentExecutions" not in properties(template, "CopierFunction"))


def check_access(template):
    routes = [each["Properties"] for each in template["Resources"].values() if each["Type"] == "AWS::ApiGatewayV2::Route"]
    purges = [route for route in routes if "/v1/purge/" in route["RouteKey"]]
    holds("purging is authenticated", purges and all(route["AuthorizationType"] == "AWS_IAM" for route in purges))
    for function in FUNCTIONS:
        allowed = actions(template, function)
        holds(f"{function} may look at a replica and use the table", LOOK | TABLE <= allowed)
    holds("a copier may go on with another's upload", PARTS <= actions(template, "CopierFunction"))
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
check_events(template)
check_access(template)
check_table(template)
if len(sys.argv) > 2:
    check_programs(template, Path(sys.argv[2]))
print("template.yaml keeps its promises")
