"""What follows the documents can tell a document that is wrong from one that is right."""

import tempfile
import unittest
from pathlib import Path

import blocks
import expected
from session import Session

LINE = '{"timestamp":"2026-11-21T18:40:37.364Z","event":"decided","wait_milliseconds":227,"run":"01M7ZPJ3CNZ6N7K9PEZQ926SFS"}'
ANOTHER = '{"timestamp":"2027-01-02T03:04:05.678Z","event":"decided","wait_milliseconds":4,"run":"01M7ZRN0G5QAAZS5DZS61S78Y2"}'


def read(text: str) -> list[blocks.Block]:
    with tempfile.NamedTemporaryFile("w", suffix=".md") as file:
        file.write(text)
        file.flush()
        return blocks.read(Path(file.name))


class Follow(unittest.TestCase):
    def test_what_varies_may_differ_and_nothing_else(self):
        self.assertTrue(expected.fits([LINE], [ANOTHER]))
        for wrong in [ANOTHER.replace("decided", "claimed"), ANOTHER.replace("wait_", "waited_"), ANOTHER + "}"]:
            self.assertFalse(expected.fits([LINE], [wrong]), wrong)
        self.assertFalse(expected.fits([LINE], [ANOTHER, ANOTHER]))
        self.assertFalse(expected.fits([LINE], []))

    def test_a_wildcard_stands_for_what_it_says(self):
        self.assertTrue(expected.fits(["a … c"], ["a b c"]))
        self.assertFalse(expected.fits(["a … c"], ["a b"]))
        self.assertTrue(expected.fits(["…", "c"], ["a", "b", "c"]))
        self.assertFalse(expected.fits(["…", "c"], ["a", "b"]))

    def test_every_block_is_executed_or_says_why_not(self):
        scene, shown = read("<!-- scene\none\n-->\n```sh\ntwo\n```\n```text\nthree\n```\n")
        self.assertTrue(scene.scene)
        self.assertEqual((shown.code, shown.expected, shown.line), ("two\n", ["three"], 5))
        self.assertEqual(read("<!-- not executed: because -->\n```console\none\n```\n"), [])
        for unclear in ["```console\none\n```\n", "```bash\none\n```\n", "```\none\n```\n"]:
            self.assertRaises(SystemExit, read, unclear)

    def test_a_block_that_fails_ends_the_session(self):
        with tempfile.TemporaryDirectory() as folder:
            session = Session(Path(folder), Path(folder))
            self.assertEqual(session.run("kept=1; echo one\n"), (True, ["one"]))
            self.assertEqual(session.run("echo $kept\n"), (True, ["1"]))
            self.assertFalse(session.run("false | true\n")[0])
            session.end()


if __name__ == "__main__":
    unittest.main()
