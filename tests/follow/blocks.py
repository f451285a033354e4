"""The code blocks of a document.

    ```sh        is executed
    ```text      right after it is what it prints
    <!-- scene   is executed as well, and only here: what a reader has and the test must make
    ```console   is not executed; a comment `<!-- not executed: REASON -->` must stand right before it
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

FENCE = re.compile(r"^```(\w*)$")
SCENE = "<!-- scene"
NOT_EXECUTED = re.compile(r"<!-- not executed: .+?-->", re.DOTALL)
# Blocks that show something and ask for nothing.
SHOWN = {"toml", "json", "yaml"}


@dataclass
class Block:
    """What is executed, and where it stands."""

    document: Path
    line: int
    code: str
    scene: bool
    expected: list[str] | None = None
    # The first and the last line of what is expected, for it to be written anew.
    expected_lines: tuple[int, int] = (0, 0)

    @property
    def place(self) -> str:
        return f"{self.document}:{self.line}"


@dataclass
class Reading:
    """A document being read."""

    path: Path
    lines: list[str]
    at: int = 0
    blocks: list[Block] = field(default_factory=list)
    # Whether nothing but empty lines came since the last block.
    adjacent: bool = False

    def until(self, end: str) -> list[str]:
        """The lines up to that one, which is passed."""
        begin = self.at
        while self.lines[self.at] != end:
            self.at += 1
        self.at += 1
        return self.lines[begin : self.at - 1]


def read(path: Path) -> list[Block]:
    """Every block of a document that is executed, in its order."""
    reading = Reading(path, path.read_text().splitlines())
    while reading.at < len(reading.lines):
        line = reading.lines[reading.at]
        reading.at += 1
        if line == SCENE:
            add(reading, reading.until("-->"), scene=True)
        elif fence := FENCE.match(line):
            fenced(reading, fence[1])
        elif line.strip():
            reading.adjacent = False
    return reading.blocks


def fenced(reading: Reading, language: str) -> None:
    begin = reading.at
    content = reading.until("```")
    if language == "sh":
        add(reading, content, scene=False, line=begin + 1)
    elif language == "text" and reading.adjacent:
        reading.blocks[-1].expected = content
        reading.blocks[-1].expected_lines = (begin, begin + len(content))
        reading.adjacent = False
    elif language == "console":
        before = "\n".join(reading.lines[: begin - 1]).rstrip()
        reasons = NOT_EXECUTED.findall(before)
        if not reasons or not before.endswith(reasons[-1]):
            raise SystemExit(f"{reading.path}:{begin}: no reason why this is not executed")
    elif language not in SHOWN:
        raise SystemExit(f"{reading.path}:{begin}: a block of no kind that is known: {language!r}")


def add(reading: Reading, content: list[str], scene: bool, line: int | None = None) -> None:
    line = line or reading.at - len(content)
    code = "\n".join(content) + "\n"
    reading.blocks.append(Block(reading.path, line, code, scene))
    reading.adjacent = not scene
