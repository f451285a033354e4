"""What template_promises.py and template_signals.py have in common."""

import sys


def holds(promise, true):
    """Ends the whole check, naming the promise, unless it is kept."""
    if not true:
        sys.exit(f"template.yaml: {promise}")


def properties(template, name):
    return template["Resources"][name]["Properties"]


def of_type(template, kind):
    """The properties of every resource of a type, by their names."""
    found = template["Resources"].items()
    return {name: each["Properties"] for name, each in found if each["Type"] == kind}


def chosen(condition, value):
    """`value` where the condition holds, else nothing at all."""
    return {"Fn::If": [condition, value, {"Ref": "AWS::NoValue"}]}
