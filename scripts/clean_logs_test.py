"""That scripts/clean_logs.py sees a secret, and takes nothing else for one."""

import sys
import unittest

sys.dont_write_bytecode = True

from clean_logs import leak


class Lines(unittest.TestCase):
    def test_a_secret_is_seen_however_it_is_written(self):
        for line in [
            "https://b/a?X-Amz-Expires=900&X-Amz-Signature=5fa5e7ab1e",
            "https%3A%2F%2Fb%2Fa%3Fsig%3DAb%252Bc4567",
            "https%253A%252F%252Fb%253FX-Goog-Signature%253D0a1b2c3d",
            "AWS4-HMAC-SHA256 Credential=A, Signature=5fa5e7ab1e",
            '{"query": "se=2026&sig=Ab12cd34"}',
        ]:
            self.assertIsNotNone(leak(line, []), line)
        self.assertIsNotNone(leak("the key is hunter2", ["hunter2"]))

    def test_what_was_cleared_or_only_looks_like_it_is_none(self):
        for line in [
            "https://b/a?X-Amz-Expires=900&X-Amz-Signature=[redacted]&x=1",
            "signature=[redacted]",
            "https://b/a?design=1234567&version=1",
            "the request signature does not match",
        ]:
            self.assertIsNone(leak(line, ["hunter2"]), line)


if __name__ == "__main__":
    unittest.main()
