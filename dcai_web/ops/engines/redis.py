"""An embedded Redis: its folder, its settings and how to know that it answers."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dcai_web.ops.engines import place

_SOCKET = "redis.sock"
_PATIENCE = 30.0
# What the product has no use for and a server is better off without: files, other servers and modules of somebody's
# choice, and the commands that known faults of this version are reached by. Scripts stay: Celery's locks are some.
_SWITCHED_OFF = (
    *("CONFIG", "MODULE", "DEBUG", "MONITOR", "REPLICAOF", "SLAVEOF", "SYNC", "PSYNC", "MIGRATE", "CLUSTER"),
    *("DUMP", "RESTORE", "RESTORE-ASKING", "SAVE", "EVAL"),
    *("PFADD", "PFCOUNT", "PFMERGE", "PFDEBUG", "PFSELFTEST"),
)


@dataclass(frozen=True, slots=True)
class Redis:
    """One Redis server in a folder of its own."""

    home: Path
    program: Path
    durable: bool = True

    @property
    def socket(self) -> Path:
        """The socket that it answers on."""
        return place.socket_folder(self.home, _SOCKET) / _SOCKET

    @property
    def url(self) -> str:
        """The address for `REDIS_URL`."""
        return f"unix://{self.socket}?db=0"

    @property
    def command(self) -> list[str]:
        """The command line of the server."""
        settings = {
            # Only through a socket in a folder that nobody else may enter.
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.home),
            # Accepted jobs are on the disk a second later at most, and survive a killed process at once.
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "loglevel": "notice",
        }
        off = (part for name in _SWITCHED_OFF for part in ("--rename-command", name, ""))
        return [str(self.program), *(part for name, value in settings.items() for part in (f"--{name}", value)), *off]

    @property
    def process_options(self) -> dict[str, Any]:
        """What `subprocess` needs beside the command line."""
        return {"cwd": str(self.home)}

    def prepare(self) -> None:
        """Make the folder at the first start; end a server that a killed start left running in it."""
        place.make_private(self.home, None)
        place.make_private(self.socket.parent, None)
        if self._ask("PING"):
            self._ask("SHUTDOWN")
            until = time.monotonic() + _PATIENCE
            while self._ask("PING") and time.monotonic() < until:
                time.sleep(0.05)

    def is_ready(self) -> bool:
        """Tell whether the server answers and has read back its data."""
        return self._ask("PING") == b"+PONG"

    def _ask(self, command: str) -> bytes:
        """Return the first line of an answer, or nothing; a client's library would be half of the supervisor."""
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(2)
            try:
                asking.connect(str(self.socket))
                asking.sendall(f"{command}\r\n".encode())
                return asking.recv(200).partition(b"\r\n")[0]
            except OSError:
                return b""


def embedded(data_dir: Path) -> Redis:
    """Return the Redis that belongs to a data directory."""
    return Redis(home=data_dir / "redis", program=place.redis_program())
