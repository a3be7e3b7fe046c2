"""The tables of docs/formats.md, written from the registry; printed by `python -m tests.labeling.formats.tables`."""

from __future__ import annotations

from labeling.formats.base import Part
from labeling.formats.registry import readable_files, writable_files


def import_table() -> str:
    """Return which files can be read, what becomes a task, and what the columns are called."""
    rows = [f"| {format.title} | {reading.one_task} | {reading.columns} |" for format, reading in readable_files()]
    return "\n".join(["| format | one task is | columns |", "| --- | --- | --- |", *rows])


def export_table() -> str:
    """Return which part of a project each format carries."""
    writable = writable_files()
    head = f"| | {' | '.join(format.title for format, _ in writable)} |"
    rows = [
        f"| {part.about} | {' | '.join('no' if part in writing.loses else 'yes' for _, writing in writable)} |"
        for part in Part
    ]
    return "\n".join([head, f"| --- |{' --- |' * len(writable)}", *rows])


if __name__ == "__main__":
    print(import_table(), export_table(), sep="\n\n")  # noqa: T201 - what the command is for
