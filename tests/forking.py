"""Processes of tests that hammer the database at once."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.context import ForkProcess
from typing import Any

from django.db import connections


def fork(work: Callable[..., object], *arguments: Any) -> ForkProcess:
    """Start a process that does this work with a database connection of its own."""
    connections.close_all()
    process = multiprocessing.get_context("fork").Process(target=_alone, args=(work, arguments))
    process.start()
    return process


def _alone(work: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    # After a browser test an event loop runs in the parent and hides its thread's connection from `close_all`: what was
    # inherited is let go without a word to the server, for it is still the parent's.
    connections["default"] = connections.create_connection("default")
    work(*arguments)
