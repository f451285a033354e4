"""One bash session, in which a document's blocks are executed one after another."""

import os
import re
import signal
import subprocess
from pathlib import Path

BEGIN = "set -euo pipefail\n"
ENDED = "the block has ended"
# No block takes longer, a cold build of the functions but one.
LIMIT_SECONDS = 900
COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Session:
    """A bash that ends at the first failure, and everything that it has started with it."""

    def __init__(self, folder: Path, root: Path):
        self.folder, self.number = folder, 0
        self.shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.write(BEGIN)

    def write(self, text: str) -> None:
        self.shell.stdin.write(text)
        self.shell.stdin.flush()

    def run(self, code: str) -> tuple[bool, list[str]]:
        """Executes a block; whether it went well, and what it printed."""
        self.number += 1
        block, output = (self.folder / f"block-{self.number}.{kind}" for kind in ("sh", "out"))
        block.write_text(code)
        signal.alarm(LIMIT_SECONDS)
        try:
            self.write(f"source {block} >{output} 2>&1 </dev/null\necho '{ENDED}'\n")
            well = any(ENDED in line for line in iter(self.shell.stdout.readline, ""))
        except BrokenPipeError:
            well = False
        signal.alarm(0)
        text = COLOURS.sub("", output.read_text(errors="replace")) if output.exists() else ""
        return well, [line.split("\r")[-1].rstrip() for line in text.splitlines()]

    def end(self) -> None:
        """Ends the shell and whatever it has left running. May be repeated."""
        self.shell.stdin.close()
        try:
            os.killpg(self.shell.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        self.shell.wait()
        self.shell.stdout.close()
