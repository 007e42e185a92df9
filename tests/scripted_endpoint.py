"""An OpenAI-compatible endpoint on this machine that follows a script: no model is inside."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Script = Callable[[list[dict[str, str]]], "str | bytes | tuple[int, bytes]"]
"""From the messages to a reply; bytes are sent as they are, with a status where one is given."""


class ScriptedEndpoint:
    """A running endpoint."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[dict[str, Any]] = []
        """Bodies of the requests, in their order."""
        self.headers: list[dict[str, str]] = []
        self.stop = threading.Event()
        """Set when the endpoint ends, for scripts that dawdle."""
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.reply(200, json.dumps({"data": [{"id": "scripted"}]}).encode())

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.asked.append(body)
                endpoint.headers.append(dict(self.headers))
                said = endpoint.script(body["messages"])
                status, raw = said if isinstance(said, tuple) else (200, said)
                if isinstance(raw, str):
                    raw = json.dumps({
                        "choices": [{"message": {"role": "assistant", "content": raw}}], "usage": {"total_tokens": 10},
                    }).encode()  # fmt: skip
                self.reply(status, raw)

            def reply(self, status: int, raw: bytes) -> None:
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(raw)))
                    self.end_headers()
                    self.wfile.write(raw)
                except OSError:
                    pass  # nobody waits any more

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Say nothing."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"


@contextmanager
def scripted_endpoint(script: Script) -> Iterator[ScriptedEndpoint]:
    endpoint = ScriptedEndpoint(script)
    thread = threading.Thread(target=endpoint.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        endpoint.stop.set()
        endpoint.server.shutdown()
        endpoint.server.server_close()
        thread.join()
