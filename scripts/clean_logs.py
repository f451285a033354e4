"""That nothing which a deployed stack has logged could open anything.

    scripts/clean_logs.py STACK [SECRET...]

Reads every line of every function's log. A line must not hold one of the secrets, nor a parameter of a signed
URL or a header with credentials that still has its value.
"""

import re
import sys

sys.dont_write_bytecode = True

REDACTED = "[redacted]"
# Names whose values are secrets, however often the text around them is percent-encoded. What the functions
# write instead of a value is [redacted].
NAMES = "x-amz-signature|x-amz-security-token|x-amz-credential|x-goog-signature|x-goog-credential|signature|sig"
BEGINS = "(?:(?<![a-z0-9_-])|(?<=3f)|(?<=26))"  # of its own, or behind an encoded "?" or "&"
EQUALS = "(?:=|%(?:25)*3d)"
KEPT = re.compile(rf"{BEGINS}(?:{NAMES}){EQUALS}(?!\[redacted\])[a-z0-9%/+]{{6,}}", re.IGNORECASE)


def leak(line, secrets):
    """What of a line could open something; None if nothing could."""
    for secret in secrets:
        if secret in line:
            return "a secret that was given"
    found = KEPT.search(line)
    return found and found.group(0).split("=")[0]


def main():
    from recorded_calls import FUNCTIONS, lines_of, names_of

    stack, *secrets = sys.argv[1:]
    names, _ = names_of(stack)
    everything = {function: set(lines_of(names[function])) for function in FUNCTIONS}
    if not any(REDACTED in line for lines in everything.values() for line in lines):
        sys.exit("no log ever had anything to clear, so that nothing was looked at")
    for function, lines in everything.items():
        leaks = [found for found in (leak(line, secrets) for line in lines) if found]
        if leaks:
            sys.exit(f"{function}: {len(leaks)} lines of {len(lines)} hold a secret: {', '.join(sorted(set(leaks)))}")
        print(f"{function}: {len(lines)} lines, and none could open anything")


if __name__ == "__main__":
    main()
