"""Small files that ask for much: neither web nor worker gives it, and both say why in words.

Memory is measured in processes of their own, where nothing else takes any.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from labeling.formats import FormatError, preview
from labeling.models import ImportProblem, JobRun, JobState, Task, Upload, User
from labeling.services import jobs
from tests import factories
from tests.security import bombs
from tests.security.worlds import imported

pytestmark = [pytest.mark.usefixtures("own_storage")]
ClientFor = Callable[[User], Client]
MB = bombs.MB

_READ = """
import json, resource, sys, time
from labeling.formats import FormatError, Row, read_source, sniff
from labeling.formats.memory import bounded_memory
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows, said, longest = 0, [], 0
with open(sys.argv[1], "rb") as file:
    try:
        with bounded_memory():
            for item in read_source(file, sniff(file, sys.argv[1])):
                if isinstance(item, Row):
                    rows += 1
                else:
                    said.append(item.message)
    except FormatError as error:
        said.append(error.message)
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps({"rows": rows, "said": said[:3], "grown": grown * 1024}))
"""
_LOOK = """
import json, resource, sys
from labeling.formats import FormatError
from labeling.formats.preview import look_at
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open(sys.argv[1], "rb") as file:
    try:
        said = [problem.message for problem in look_at(file, sys.argv[1]).problems]
    except FormatError as error:
        said = [error.message]
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
child = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"said": said[:3], "grown": grown * 1024, "child": child.ru_maxrss * 1024,
                  "seconds": child.ru_utime + child.ru_stime}))
"""


def measured(program: str, tmp_path: Path, name: str, content: bytes) -> dict[str, Any]:
    """Return what a process says that does this with the file, and what it took."""
    path = tmp_path / name
    path.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True, timeout=300
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


BOMBS: dict[str, Callable[[], bytes]] = {
    "dictionary": bombs.dictionary,
    "nested dictionary": bombs.nested_dictionary,
    "differences": bombs.differences,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_parquet_file_is_read_in_pieces_of_what_it_unpacks_to(name: str, tmp_path: Path) -> None:
    content = BOMBS[name]()
    assert len(content) < MB
    told = measured(_READ, tmp_path, "x.parquet", content)
    assert told["rows"] + len(told["said"]) >= 3
    assert told["grown"] < 250 * MB, told


def test_values_of_a_great_fixed_width_are_refused(tmp_path: Path) -> None:
    told = measured(_READ, tmp_path, "x.parquet", bombs.fixed_width())
    assert told["said"] == [
        "The column text has values of 1,048,576 bytes each; at most 65,536 can be read. "
        "Write it as bytes of any length."
    ]
    told = measured(_READ, tmp_path, "x.parquet", bombs.fixed_width(length=65_536))
    assert (told["rows"], told["said"]) == (1_000, [])
    assert told["grown"] < 250 * MB


def test_a_value_longer_than_a_row_may_be_costs_its_rows_and_no_others(tmp_path: Path) -> None:
    told = measured(_READ, tmp_path, "x.parquet", bombs.dictionary(chars=17 * MB, rows=100_000))
    assert told["rows"] == 0
    assert set(told["said"]) == {"The row is longer than 16 MB; no row may be."}
    assert told["grown"] < 250 * MB


def test_what_no_measure_foresees_meets_the_limit_of_the_process(tmp_path: Path) -> None:
    told = measured(_READ, tmp_path, "x.parquet", bombs.dictionary(chars=700 * MB, rows=2))
    assert (told["rows"], told["said"][0][:47]) == (0, "Reading this file takes more than 1,024 MB of m")


@pytest.mark.parametrize("name", BOMBS)
def test_a_look_at_a_bomb_costs_the_web_server_nothing(name: str, tmp_path: Path) -> None:
    told = measured(_LOOK, tmp_path, "x.parquet", BOMBS[name]())
    assert told["grown"] < 10 * MB
    assert told["child"] < preview.MEMORY_BYTES


def test_a_look_that_takes_too_much_ends_in_words(tmp_path: Path) -> None:
    told = measured(_LOOK, tmp_path, "x.parquet", bombs.dictionary(chars=400 * MB, rows=2))
    assert "takes more than 768 MB of memory" in told["said"][0]
    assert told["grown"] < 10 * MB


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("quote.csv", bombs.open_quote, "is there a quotation mark that is never closed?"),
        ("lists.json", bombs.empty_lists, "There is no list of objects in them"),
    ],
)
def test_a_look_reads_the_beginning_of_a_text_only(
    name: str, make: Callable[[], bytes], words: str, tmp_path: Path
) -> None:
    told = measured(_LOOK, tmp_path, name, make())
    assert words in told["said"][0]
    # Of the processor, not of the clock: neighbors do not count.
    assert told["seconds"] < 5


def test_a_look_that_takes_too_long_ends_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"text\nHello\n")
    monkeypatch.setattr(preview, "WALL_SECONDS", 0.001)
    with path.open("rb") as file, pytest.raises(FormatError, match="takes longer than 10 seconds"):
        preview.look_at(file, "rows.csv")


def sent(client: Client, slug: str, content: bytes, name: str) -> Any:
    return client.post(f"/p/{slug}/imports/", {"file": SimpleUploadedFile(name, content)}, follow=True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content"),
    [("rows.json", bombs.wide_object()), ("rows.jsonl", bombs.wide_object()[1:-1] + b"\n")],
)
def test_an_object_with_100_000_keys_is_refused_in_words_on_a_small_page(
    name: str, content: bytes, client_for: ClientFor
) -> None:
    project = factories.project()
    page = sent(client_for(project.created_by), project.slug, content, name)
    assert "The row has 100,000 keys; at most 2,000 can be read." in page.content.decode()
    assert len(page.content) < 200_000
    job = imported(project, content, name)
    assert "The row has 100,000 keys; at most 2,000 can be read." in job.error


@pytest.mark.django_db
def test_rows_that_have_few_keys_and_together_too_many_are_refused(client_for: ClientFor) -> None:
    project = factories.project()
    lines = (json.dumps({f"k{row}-{key}": 1 for key in range(1_500)}) for row in range(3))
    page = sent(client_for(project.created_by), project.slug, "\n".join(lines).encode(), "rows.jsonl")
    assert page.status_code == 400
    assert "The file has 4,500 columns; at most 2,000 can be read." in page.content.decode()


@pytest.mark.django_db
def test_the_first_200_columns_are_shown_and_the_others_are_imported_too(client_for: ClientFor) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    names = [f"c{number}" for number in range(1_999)]
    content = ",".join([*names, "text"]) + "\n" + ",".join(["v"] * 1_999 + ["Hello"]) + "\n"
    page = sent(client, project.slug, content.encode(), "rows.csv")
    words = page.content.decode()
    assert "These are the first 200 columns. 1,800 more go by their names" in words
    assert len(words) < 1_000_000
    started = client.post(page.redirect_chain[-1][0], {"column-0": "external_id"})
    assert started.status_code == 302
    assert JobRun.objects.get().params["options"]["mapping"]["text"] == "field:text"


@pytest.mark.django_db
def test_times_out_of_range_cost_their_rows_and_are_told(client_for: ClientFor) -> None:
    project = factories.project()
    page = sent(client_for(project.created_by), project.slug, bombs.odd_times(), "rows.parquet")
    assert page.status_code == 200
    assert "Row 2, column seen_at: The value is a date or a time outside the years 1 to 9999" in page.content.decode()
    job = imported(project, bombs.odd_times(), "rows.parquet")
    assert (job.state, job.result) == (JobState.SUCCEEDED, {"accepted": 1, "rejected": 2, "duplicates": 0, "labels": 0})
    problems = ImportProblem.objects.filter(job=job).order_by("row").values_list("row", "column")
    assert list(problems) == [(2, "seen_at"), (3, "born_on")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (bombs.odd_times, "Row 1: “born_on” is no key of a prediction"),
        (bombs.dictionary, "Row 1: “text” is no key of a prediction"),
        (lambda: bombs.dictionary(chars=17 * MB, rows=3), "because 3 of 3 rows could not be. Row 1: The row is longer"),
    ],
)
def test_a_bomb_sent_as_predictions_is_stored_by_the_server_and_refused_by_the_job(
    make: Callable[[], bytes], words: str, api_for: Callable[[User], APIClient]
) -> None:
    project = factories.project()
    client = api_for(project.created_by)
    address = f"/api/projects/{project.slug}/predictions/?question=intent&model=ours"
    body: Any = make()
    answer = client.generic("POST", address, body, content_type="application/vnd.apache.parquet")
    assert answer.status_code == 202
    jobs.perform_job(answer.json()["id"])
    job = client.get(f"/api/jobs/{answer.json()['id']}/").json()
    assert job["state"] == "failed"
    assert words in job["error"]


@pytest.mark.django_db
@pytest.mark.parametrize("odd", ["\ud800", "\x00"], ids=["half a character", "NUL"])
@pytest.mark.parametrize("where", ["text", "external_id", "label", "a name", "meta"])
def test_what_is_no_text_is_shown_as_such_and_told(odd: str, where: str, client_for: ClientFor) -> None:
    project = factories.project()
    row: dict[str, Any] = {"text": "Hello", "external_id": "1", "labels": {"intent": "billing"}, "meta": {"a": "b"}}
    match where:
        case "label":
            row["labels"] = {"intent": f"x{odd}"}
        case "a name":
            row[f"x{odd}"] = 1
        case "meta":
            row["meta"] = {f"x{odd}": [f"x{odd}"]}
        case _:
            row[where] = f"x{odd}"
    page = sent(client_for(project.created_by), project.slug, json.dumps(row).encode(), "rows.jsonl")
    assert page.status_code == 200
    assert "Row 1, column" in page.content.decode()
    assert "The value holds" in page.content.decode()
    started = page.client.post(page.redirect_chain[-1][0], {})
    assert started.status_code == 302
    assert Upload.objects.count() == 1
    assert not Task.objects.exists()
