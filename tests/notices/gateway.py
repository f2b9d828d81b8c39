"""A text message gateway of the tests: a real HTTP server that can refuse, and accepts a key once."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Gateway:
    """``taken`` maps the key of each message to what was sent; ``calls`` counts every try."""

    def __init__(self, failures: int = 0, answer: bytes | None = None, lose_answers: int = 0):
        self.failures, self.answer, self.lose_answers = failures, answer, lose_answers
        self.calls = 0
        self.taken: dict[str, dict] = {}
        self.authorization = ""
        self.url = ""


@contextmanager
def running(gateway: Gateway):
    """Serve ``gateway`` at ``gateway.url`` while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            gateway.calls += 1
            gateway.authorization = self.headers["Authorization"]
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if gateway.failures:
                gateway.failures -= 1
                self.send_error(503)
                return
            gateway.taken.setdefault(asked["key"], asked)
            if gateway.lose_answers:
                gateway.lose_answers -= 1
                self.close_connection = True
                return
            answer = gateway.answer if gateway.answer is not None else b'{"id": "G-1"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args):
            """Say nothing: the tests look at ``gateway``."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    gateway.url = f"http://127.0.0.1:{server.server_port}/"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Broken:
    """A backend with a mistake in it."""

    def send(self, address, text, *, subject, key):
        raise ZeroDivisionError(f"could not send {text} to {address}")
