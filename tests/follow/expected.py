"""What a block prints, compared with what the document says it prints.

In the document `…` stands for whatever it may be: within a line for any text, alone in a line for
any number of lines. Besides, what differs from run to run is the same wherever it stands: times, ids,
durations, ports and signatures.
"""

import re

ANY = "…"

# In this order: what is replaced first is not seen by what comes later.
VARYING = [
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?", "TIME"),
    (r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", "STREAM"),
    (r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", "DATE"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"),
    (r"\b1-[0-9a-f]{8}-[0-9a-f]{24}\b", "TRACE"),
    (r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b", "ULID"),
    (r"_aws/execute-api/[0-9a-f]+", "API"),
    (r"127\.0\.0\.1(:|%3A)\d+", "HOST"),
    (r"localhost:\d+", "HOST"),
    (r"(X-Amz-\w+)=[^&\"\s]+", r"\1=…"),
    (r"aHR0c[\w-]+", "BASE64URL"),
    (r"\b(ttl|max-age)=\d+", r"\1=N"),
    (r"\"(\w+_milliseconds|Timestamp)\": ?\d+", r'"\1": N'),
    (r"\bin \d+ s\b", "in N s"),
    (r"\b\d+\.\d s\b", "N s"),
    (r"-[0-9A-F]{13}\b", "-SUFFIX"),
]


def plain(line: str) -> str:
    """A line without what differs from run to run."""
    for pattern, name in VARYING:
        line = re.sub(pattern, name, line)
    return line.rstrip()


def fits(expected: list[str], printed: list[str]) -> bool:
    """Whether that was printed, from the first line to the last."""
    if not expected:
        return not printed
    first, rest = expected[0], expected[1:]
    if first.strip() == ANY:
        return any(fits(rest, printed[skip:]) for skip in range(len(printed) + 1))
    return bool(printed) and line_fits(first, printed[0]) and fits(rest, printed[1:])


def line_fits(expected: str, printed: str) -> bool:
    parts = [re.escape(plain_part(part)) for part in expected.split(ANY)]
    pattern = ".*".join(parts)
    # A part that was cut by a wildcard may have lost what makes it a time or an id.
    raw = ".*".join(re.escape(part) for part in expected.rstrip().split(ANY))
    return bool(re.fullmatch(pattern, plain(printed)) or re.fullmatch(raw, printed.rstrip()))


def plain_part(part: str) -> str:
    """Like [`plain`], and keeps spaces at the end, after which a wildcard may stand."""
    spaces = len(part) - len(part.rstrip())
    return plain(part) + part[len(part) - spaces :]
