"""Compares what the functions may do, by template.yaml, with what they do.

    scripts/least_privilege.py               docs/SAFETY.md tells every right
    scripts/least_privilege.py CALLS.json    and each is needed by a call that was recorded, or listed

Which rights a call needs, and which are listed with a reason, says deploy/permissions.toml. CALLS.json
is from scripts/recorded_calls.py. UPDATE_DOCS=1 writes the part of docs/SAFETY.md.

No emulator enforces IAM as AWS does: this compares two lists, and nobody has been refused anything.
"""

import json
import os
import sys
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from cfnlint.decode import decode
from samtranslator.translator.transform import transform

TEMPLATE = Path("template.yaml")
PERMISSIONS = Path("deploy/permissions.toml")
DOCUMENT = Path("docs/SAFETY.md")
BEGIN, END = "<!-- rendered from template.yaml: begin -->\n", "<!-- rendered from template.yaml: end -->\n"
# What each resource of a policy is to the mirror. In this order the document tells of them.
PLACES = {
    "table": {"Fn::GetAtt": ["StatusTable", "Arn"]},
    "copy queue": {"Fn::GetAtt": ["CopyQueue", "Arn"]},
    "bulk queue": {"Fn::GetAtt": ["BulkQueue", "Arn"]},
    "pools' buckets": {"Fn::Sub": "arn:${AWS::Partition}:s3:::${PoolBucketPrefix}*"},
    "pools' objects": {"Fn::Sub": "arn:${AWS::Partition}:s3:::${PoolBucketPrefix}*/*"},
    "sources": {"Ref": "SourceBucketArns"},
    "sources' keys": {"Ref": "SourceKeyArns"},
    "account": None,
}


class Right(NamedTuple):
    function: str
    place: str
    action: str

    def __str__(self):
        return f"{self.action} on {self.place}"


def several(one_or_more):
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


# --- What the template allows. -----------------------------------------------------------------------


def expanded(template):
    """The template as SAM makes it, which gives each function its role."""
    copied = json.loads(json.dumps(template))
    copied["Globals"]["Function"]["CodeUri"] = "s3://any/code"
    parameters = {name: each.get("Default", "any") for name, each in copied["Parameters"].items()}
    # SAM makes ARNs for one, and asks it for nothing.
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    return transform(copied, parameters, ManagedPolicies())["Resources"]


class ManagedPolicies:
    """SAM asks IAM for AWS's own policies if it does not know one by itself."""

    def load(self):
        return {}


def allowed(resources):
    """Every right of every role, whatever the conditions."""
    rights = set()
    for name, resource in resources.items():
        if not resource["Type"].startswith("AWS::IAM::"):
            continue
        if resource["Type"] != "AWS::IAM::Role":
            sys.exit(f"{name}: only roles are compared, and this is {resource['Type']}")
        function = name.removesuffix("Role")
        role = resource["Properties"]
        managed = [arn.rsplit("/", 1)[-1] for arn in role.get("ManagedPolicyArns", [])]
        rights |= {Right(function, "account", policy) for policy in managed}
        for policy in role.get("Policies", []):
            # {"Fn::If": [condition, policy, nothing]}
            policy = policy["Fn::If"][1] if "Fn::If" in policy else policy
            for statement in several(policy["PolicyDocument"]["Statement"]):
                rights |= rights_of(function, statement)
    return rights


def rights_of(function, statement):
    if statement["Effect"] != "Allow" or not statement.keys() <= {"Sid", "Effect", "Action", "Resource"}:
        sys.exit(f"{function}: this check does not understand {statement}")
    return {
        Right(function, place_of(function, resource), action)
        for resource in several(statement["Resource"])
        for action in several(statement["Action"])
    }


def place_of(function, resource):
    for place, known in PLACES.items():
        if resource == known:
            return place
    sys.exit(f"{function}: this check does not know the resource {resource}")


# --- What the calls need. ----------------------------------------------------------------------------


def needed(calls, permissions):
    """Every right that a recorded call needs, with the calls."""
    rights = defaultdict(set)
    for call in calls:
        row = permissions["call"].get(call["call"])
        if row is None:
            sys.exit(f"{PERMISSIONS} does not say what {call['call']} needs, which {call['function']} calls")
        for action, place in wanted(row, call):
            rights[Right(call["function"], exact(place, action, permissions), action)].add(call["call"])
    return rights


def wanted(row, call):
    """The actions that a row asks of a call, each with its place."""
    yield from ((action, call["place"]) for action in row.get("needs", []))
    yield from ((action, call["from"]) for action in row.get("of_source", []))
    headers = call["headers"].split(",")
    for header, more in row.get("with", {}).items():
        yield from wanted(more, call) if header in headers else ()
    for header, more in row.get("without", {}).items():
        yield from wanted(more, call) if header not in headers else ()
    if not call["signed_only"]:
        yield from wanted(row["sent"], call) if "sent" in row else ()


def exact(place, action, permissions):
    if place != "pools":
        return place
    return "pools' buckets" if action in permissions["bucket_actions"] else "pools' objects"


def listed(permissions):
    """Every right that needs no call, with its reason."""
    return {
        Right(function, place, action): entry["reason"]
        for entry in permissions["listed"]
        for function in entry["functions"]
        for place in entry["on"]
        for action in entry["actions"]
    }


# --- Both compared. ----------------------------------------------------------------------------------


def faults(may, needs, excused):
    """A sentence for each right that is too much, too little, or on the list for nothing."""
    for right in sorted(may - needs.keys() - excused.keys()):
        yield f"{right.function} may {right}, and no recorded call needs it: take it away, or list it with a reason"
    for right in sorted(needs.keys() - may):
        yield f"{right.function} may not {right}, and needs it for {', '.join(sorted(needs[right]))}"
    for right in sorted(needs.keys() & excused.keys()):
        yield f"{right.function}: {right} is listed, and {', '.join(sorted(needs[right]))} needs it: take it off the list"
    for right in sorted(excused.keys() - may):
        yield f"{right.function}: {right} is listed, and not allowed: take it off the list"


def idle_rows(calls, permissions):
    called = {call["call"] for call in calls}
    for call in permissions["call"].keys() - called:
        yield f"{PERMISSIONS} says what {call} needs, and no function calls it"


# --- The document. -----------------------------------------------------------------------------------


def rendered(may, excused):
    lines = ["| function | on | may |", "|---|---|---|"]
    for function in ["RedirectFunction", "CopierFunction", "PurgeFunction"]:
        for place in PLACES:
            there = [right for right in sorted(may) if right[:2] == (function, place)]
            actions = ", ".join(f"`{right.action}`" + " (listed)" * (right in excused) for right in there)
            lines += [f"| {function.removesuffix('Function').lower()} | {place} | {actions} |"] if there else []
    lines += ["", "| listed | because |", "|---|---|"]
    reasons = defaultdict(list)
    for right, reason in excused.items():
        if right.action not in reasons[reason]:
            reasons[reason].append(right.action)
    lines += [f"| {', '.join(f'`{action}`' for action in actions)} | {reason} |" for reason, actions in reasons.items()]
    return "\n".join(lines) + "\n"


def check_document(text):
    before, rest = DOCUMENT.read_text().split(BEGIN)
    _, after = rest.split(END)
    told = before + BEGIN + text + END + after
    if os.environ.get("UPDATE_DOCS"):
        DOCUMENT.write_text(told)
    if DOCUMENT.read_text() != told:
        yield f"{DOCUMENT} does not tell the rights as they are; UPDATE_DOCS=1 scripts/least_privilege.py writes them"


def main():
    template, problems = decode(str(TEMPLATE))
    if problems:
        sys.exit(f"{TEMPLATE} cannot be read")
    permissions = tomllib.loads(PERMISSIONS.read_text())
    may, excused = allowed(expanded(template)), listed(permissions)
    found = list(check_document(rendered(may, excused)))
    if len(sys.argv) > 1:
        calls = json.loads(Path(sys.argv[1]).read_text())
        needs = needed(calls, permissions)
        found += [*faults(may, needs, excused), *idle_rows(calls, permissions)]
        print(f"{len(calls)} kinds of calls need {len(needs)} rights; {len(may)} are allowed, {len(excused)} listed")
    if found:
        sys.exit("\n".join(found))
    print("every right is told, and its reason")


if __name__ == "__main__":
    main()
