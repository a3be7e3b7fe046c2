"""A server on this machine that keeps what is sent to it and answers as it is told."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Received:
    """One request that came."""

    method: str
    path: str
    headers: Message
    body: bytes


@dataclass(slots=True)
class Receiver:
    """The server as a test sees it: what came, and what the next requests are answered with."""

    url: str
    requests: list[Received] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """What to answer, one after another; 200 when there is none left."""
    headers: dict[str, str] = field(default_factory=dict)
    chunks: Iterator[bytes] = field(default_factory=lambda: iter((b"ok",)))
    """The content of the next answer, piece by piece."""

    @property
    def authority(self) -> str:
        """Return the server as `host:port`."""
        return self.url.removeprefix("http://").rstrip("/")


@contextmanager
def receiving(context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Run a server as long as the block does, over TLS if there is a context for it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            receiver.requests.append(Received(self.command, self.path, self.headers, body))
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()
            for chunk in receiver.chunks:
                self.wfile.write(chunk)
                self.wfile.flush()

        do_GET = do_POST  # noqa: N815 - as the library calls it

        def log_message(self, *_words: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_request: Any) -> None:
            """Say nothing: callers may hang up."""

    server = Server((HOST, 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver = Receiver(f"http://{HOST}:{server.server_port}/")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
