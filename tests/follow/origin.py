"""An origin on this machine that counts what it is asked.

    origin.py PORT FOLDER    serves the folder's files

`GET /asked` tells the requests so far, one a line; `/slow/…` is answered after a while; and `/elsewhere/…`
sends on to this origin by another of its names.
"""

import sys
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

SLOWLY_SECONDS = 0.3


class Counting(SimpleHTTPRequestHandler):
    """Writes down every request but those for the list itself."""

    asked: list[str] = []

    def do_GET(self):
        if self.path == "/asked":
            return self.tell()
        self.asked.append(f"GET {self.path}")
        if self.path.startswith("/elsewhere/"):
            return self.send_on()
        if self.path.startswith("/slow/"):
            time.sleep(SLOWLY_SECONDS)
        return super().do_GET()

    def do_HEAD(self):
        self.asked.append(f"HEAD {self.path}")
        if self.path.startswith("/elsewhere/"):
            return self.send_on()
        return super().do_HEAD()

    def send_on(self):
        port = self.server.server_address[1]
        name = self.path.removeprefix("/elsewhere/")
        self.send_response(302)
        self.send_header("Location", f"http://localhost:{port}/{name}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def tell(self):
        body = "".join(f"{line}\n" for line in self.asked).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """The list says it all."""


def main() -> None:
    port, folder = int(sys.argv[1]), sys.argv[2]
    handler = partial(Counting, directory=folder)
    ThreadingHTTPServer(("127.0.0.1", port), handler).serve_forever()


if __name__ == "__main__":
    main()
