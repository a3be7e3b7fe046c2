"""The command line: `dcai projects`, `dcai import`, `dcai export`, `dcai claim`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

import httpx

from dcai.client import Client
from dcai.errors import DcaiError, JobFailed

MOST_SHOWN = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    asked = _parser().parse_args(arguments)
    try:
        with Client(asked.url, asked.token) as client:
            return int(asked.act(client, asked))
    except JobFailed as failed:
        _complain(str(failed))
        _show_problems(failed.job)
    except DcaiError as error:
        _complain(str(error))
    except httpx.TransportError as error:
        _complain(f"The site cannot be reached: {error}.")
    except OSError as error:
        _complain(f"{error.filename}: {error.strerror}." if error.filename else str(error))
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dcai", description="Talk to a dcai site.")
    parser.add_argument("--url", help="address of the site; else DCAI_URL")
    parser.add_argument("--token", help="an API token; else DCAI_TOKEN, which other people of the machine do not see")
    acts = parser.add_subparsers(required=True, metavar="COMMAND")

    listed = acts.add_parser("projects", help="list your projects")
    listed.set_defaults(act=_projects)

    brought = acts.add_parser("import", help="import a file and wait until every row was read")
    brought.add_argument("project")
    brought.add_argument("file")
    brought.add_argument("--map", action="append", default=[], metavar="COLUMN=WHAT", help="as in body=field:text")
    brought.add_argument("--mode", help="what to do when a row is wrong: keep_good or all_or_nothing")
    brought.set_defaults(act=_import)

    taken = acts.add_parser("export", help="write tasks and labels into a file")
    taken.add_argument("project")
    taken.add_argument("file")
    taken.add_argument("--format", help="by the end of the file's name unless told")
    taken.add_argument("--filter", help="only tasks that fit, as in q=refund&state=open")
    taken.set_defaults(act=_export)

    claimed = acts.add_parser("claim", help="take tasks to answer and print them, one JSON object a line")
    claimed.add_argument("project")
    claimed.add_argument("--count", type=int, default=1)
    claimed.add_argument("--filter", default="", help="only tasks that fit, as in q=refund&state=open")
    claimed.set_defaults(act=_claim)
    return parser


def _projects(client: Client, _: argparse.Namespace) -> int:
    for project in client.projects():
        _say(f"{project['slug']}\t{project['role']}\t{project['name']}")
    return 0


def _import(client: Client, asked: argparse.Namespace) -> int:
    pairs = [pair.partition("=") for pair in asked.map]
    if any(not (column and what) for column, _, what in pairs):
        _complain("--map: expected COLUMN=WHAT, as in body=field:text.")
        return 2
    mapping = {column: what for column, _, what in pairs}
    job = client.project(asked.project).tasks.import_file(asked.file, mapping=mapping, mode=asked.mode)
    _say(", ".join(f"{count} {what}" for what, count in job.result.items() if isinstance(count, int)))
    return 1 if _show_problems(job) else 0


def _export(client: Client, asked: argparse.Namespace) -> int:
    filters = {"filter": asked.filter} if asked.filter else {}
    path = client.project(asked.project).export(asked.file, format=asked.format, **filters)
    _say(f"{path}: {path.stat().st_size:,} bytes")
    return 0


def _claim(client: Client, asked: argparse.Namespace) -> int:
    for task in client.project(asked.project).tasks.claim(asked.count, filter=asked.filter):
        _say(json.dumps(task, ensure_ascii=False))
    return 0


def _show_problems(job: Any) -> int:
    """Name the first rows that were not taken; return how many were named."""
    shown = 0
    for problem in job.problems():
        if shown == MOST_SHOWN:
            _complain("... and more: see the report of the import on the site.")
            break
        _complain(f"row {problem['row']}, {problem['column'] or 'the row'}: {problem['message']}")
        shown += 1
    return shown


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")


def _complain(words: str) -> None:
    sys.stderr.write(f"{words}\n")


if __name__ == "__main__":
    sys.exit(main())
