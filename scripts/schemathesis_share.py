"""Counts the statuses in schemathesis's own report. Fails if less than a third are redirects, or none of a
kind of answer that its cases must meet."""

import collections
import json
import sys


def statuses(report):
    for line in report:
        scenario = json.loads(line).get("ScenarioFinished", {})
        for interaction in scenario.get("recorder", {}).get("interactions", {}).values():
            yield (interaction.get("response") or {}).get("status_code")


with open(sys.argv[1]) as report:
    counted = collections.Counter(statuses(report))
cases, redirects = counted.total(), counted[302]
told = ", ".join(f"{status}: {count}" for status, count in sorted(counted.items(), key=str))
print(f"schemathesis: {cases} cases, {redirects} of them reached a redirect ({told})")
if not cases or 3 * redirects < cases:
    sys.exit("schemathesis: less than a third of its cases reached a redirect")
if missing := {200, 204, 400, 403, 404, 405} - set(counted):
    sys.exit(f"schemathesis: no case was answered {sorted(missing)}")
