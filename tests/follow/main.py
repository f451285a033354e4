"""Executes the code blocks of documents, in their order, and compares what they print.

    main.py FOLDER DOCUMENT…    in that folder lies what the blocks printed
    UPDATE_DOCS=1 …             writes what was printed into the documents, where it does not fit
"""

import os
import signal
import sys
import time
from pathlib import Path

import blocks
import expected
from session import Session

ROOT = Path(__file__).resolve().parents[2]
UPDATES = "UPDATE_DOCS" in os.environ


def too_long(*_):
    raise SystemExit("follow-documents: a block took too long")


def follow(document: Path, folder: Path) -> list[str]:
    """Executes one document; what was wrong with it."""
    session = Session(folder, ROOT)
    wrong: list[str] = []
    updates: list[tuple[blocks.Block, list[str]]] = []
    try:
        for block in blocks.read(document):
            began = time.monotonic()
            well, printed = session.run(block.code)
            print(f"{block.place}: {time.monotonic() - began:.1f} s", flush=True)
            if not well:
                return [*wrong, f"{block.place}: failed\n" + "\n".join(printed[-40:])]
            if block.expected is not None and not expected.fits(block.expected, printed):
                updates.append((block, printed))
                wrong.append(f"{block.place}: printed something else:\n" + "\n".join(printed))
    finally:
        session.end()
    if UPDATES:
        rewrite(document, updates)
    return wrong


def rewrite(document: Path, updates: list[tuple[blocks.Block, list[str]]]) -> None:
    """Puts what was printed into the document; from its end on, so that line numbers hold."""
    lines = document.read_text().splitlines()
    for block, printed in reversed(updates):
        first, last = block.expected_lines
        lines[first:last] = printed
    document.write_text("\n".join(lines) + "\n")


def main() -> None:
    signal.signal(signal.SIGALRM, too_long)
    folder, wrong = Path(sys.argv[1]), []
    for name in sys.argv[2:]:
        its = folder / Path(name).stem
        its.mkdir(parents=True)
        os.environ["SCENE"] = str(its)
        wrong += follow(Path(name), its)
    if wrong:
        raise SystemExit("\n\n".join(wrong))


if __name__ == "__main__":
    main()
