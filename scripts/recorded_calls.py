"""Which calls the functions of a deployed stack have made, from their logs: JSON, each kind of call once.

    scripts/recorded_calls.py STACK [PREFIX...]

The functions must have run with RUST_LOG=info,cloud_mirror::calls=debug. Buckets whose names begin with
the stack's PoolBucketPrefix, or with one of the prefixes, are pools; every other bucket is a source.
"""

import json
import sys
from collections import Counter

import boto3

FUNCTIONS = ["RedirectFunction", "CopierFunction", "PurgeFunction"]
# Enough for one answer; the emulator gives no more, and says of none that there is a next one.
PAGE = 10_000


def names_of(stack):
    """What each resource of the stack is called, and what its pools' buckets begin with."""
    client = boto3.client("cloudformation")
    resources = client.describe_stack_resources(StackName=stack)["StackResources"]
    described = client.describe_stacks(StackName=stack)["Stacks"][0]
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in described["Parameters"]}
    names = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    return names, parameters["PoolBucketPrefix"]


def places_of(names, prefixes):
    """A function that says of each table, queue or bucket what it is to the mirror."""
    known = {
        names["StatusTable"]: "table",
        names["CopyQueue"].rsplit("/", 1)[-1]: "copy queue",
        names["BulkQueue"].rsplit("/", 1)[-1]: "bulk queue",
    }

    def place(name):
        pools = any(name.startswith(prefix) for prefix in prefixes)
        return known.get(name) or ("pools" if pools else "sources")

    return place


def lines_of(function):
    """Every line of a function's log, at least once."""
    group = boto3.client("lambda").get_function_configuration(FunctionName=function)["LoggingConfig"]["LogGroup"]
    logs, asked = boto3.client("logs"), {"logGroupName": group, "startTime": 0, "limit": PAGE}
    while True:
        answer = logs.filter_log_events(**asked)
        events = answer["events"]
        yield from (event["message"] for event in events)
        if "nextToken" in answer:
            asked["nextToken"] = answer["nextToken"]
        elif len(events) == PAGE:
            last = events[-1]["timestamp"]
            asked["startTime"] = max(last, asked["startTime"] + 1)
        else:
            return


def called(line):
    """The line's fields, if it tells of a call."""
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) and fields.get("event") == "called" else None


def kind_of(call, function, place):
    """What is the same of all calls that need the same rights."""
    service, operation = call["service"], call["operation"]
    source = call.get("from")
    return (
        function,
        f"{service} {operation}",
        place(call["place"]),
        source and place(source),
        call["headers"],
        call["signed_only"],
    )


def main():
    stack, *prefixes = sys.argv[1:]
    names, prefix = names_of(stack)
    place = places_of(names, [prefix, *prefixes])
    kinds = Counter()
    for function in FUNCTIONS:
        calls = filter(None, map(called, lines_of(names[function])))
        kinds.update(kind_of(call, function, place) for call in calls)
    fields = ["function", "call", "place", "from", "headers", "signed_only"]
    recorded = [dict(zip(fields, kind)) | {"times": times} for kind, times in kinds.items()]
    recorded.sort(key=lambda each: (FUNCTIONS.index(each["function"]), json.dumps(each)))
    print("[", ",\n".join(f" {json.dumps(each)}" for each in recorded), "]", sep="\n")


if __name__ == "__main__":
    main()
