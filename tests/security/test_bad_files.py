"""Files that are not what they should be: no failure of ours, no half import, a report that names row and column."""

from __future__ import annotations

import functools
import io
import json
import zipfile
from contextlib import suppress
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labeling.errors import Invalid
from labeling.formats import FormatError, Row, RowProblem, preview, read_source, sniff
from labeling.models import ImportProblem, JobState, Project, QueueEntry, Task, Upload, User
from labeling.services import imports
from labeling.services.imports import looking
from labeling.services.imports.options import KEEP_GOOD
from tests import factories
from tests.security.worlds import SCHEMA, imported, picture

pytestmark = [pytest.mark.usefixtures("own_storage")]
BOUNDED = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
OURS = "Something went wrong on the server"

ROWS = [
    {"text": "Where is my parcel?", "intent": "delivery", "split": "train", "external_id": "a-1"},
    {"text": 'A "bill", twice; =1+1', "intent": "billing", "split": "", "external_id": "a-2"},
    {"text": "Zwölf Boxkämpfer 🙂", "intent": "other", "split": "test", "external_id": "a-3"},
]


def _table(delimiter: str) -> str:
    quoted = (
        delimiter.join('"' + str(value).replace('"', '""') + '"' for value in row.values()) for row in ROWS
    )  # fmt: skip
    return "\r\n".join([delimiter.join(ROWS[0]), *quoted])


def _archive(*, manifest: bool) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("billing/one.png", picture())
        archive.writestr("other/two.png", picture("blue"))
        if manifest:
            lines = (json.dumps({"file": name, "text": "x"}) for name in ("billing/one.png", "other/two.png"))
            archive.writestr("manifest.jsonl", "\n".join(lines))
    return out.getvalue()


def _parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), out)
    return out.getvalue()


@functools.cache
def good_files() -> dict[str, bytes]:
    """Return a file of every kind that can be imported."""
    return {
        "rows.csv": _table(",").encode(),
        "semicolons.csv": _table(";").encode("utf-8-sig"),
        "old.csv": _table(",").encode("cp1252", errors="replace"),
        "wide.csv": _table("\t").encode("utf-16"),
        "rows.jsonl": "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS).encode(),
        "rows.json": json.dumps({"about": 1, "data": ROWS}).encode(),
        "list.json": json.dumps(ROWS, indent=1).encode("utf-16-le"),
        "rows.parquet": _parquet(),
        "images.zip": _archive(manifest=False),
        "manifest.zip": _archive(manifest=True),
        "lines.txt": "\n".join(row["text"] for row in ROWS).encode(),
    }


ODD_BYTES = (
    *(
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xc3\x28",
        b"\x80",
        b'"',
        b"'",
        b"\r",
        b"\n",
        b"\r\n\r\n",
        b",,,,,,,,",
        b"{",
    ),
    *(b"]" * 40, b"[" * 2_000, b'{"a":' * 500, b"\\ud800", b'"\\u0000"', b"NaN", b"1e999", b"9" * 400, b"-0", b"=1+1"),
    *(b"@SUM(A1)", b"text,text,text", b"\x1a", b"\xe2\x80\xa8", b"PK\x03\x04", b"PAR1", b"\x0c", b"%PDF-1.7", b"null"),
    *(
        b"true",
        b"data:image/png;base64,x",
        b"http://169.254.169.254/latest/",
        b"file:///etc/passwd",
        b"../../../etc/passwd",
    ),
)


@st.composite
def bad_files(draw: st.DrawFn) -> tuple[str, bytes]:
    """Make a file that was good once: cut off, overwritten, spliced, repeated, or called something else."""
    name = draw(st.sampled_from(sorted(good_files())))
    content = bytearray(good_files()[name])
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(content)))
        match draw(st.sampled_from(("cut", "insert", "overwrite", "remove", "repeat", "splice", "random"))):
            case "cut":
                del content[at:]
            case "insert":
                content[at:at] = draw(st.sampled_from(ODD_BYTES))
            case "overwrite":
                odd = draw(st.sampled_from(ODD_BYTES))
                content[at : at + len(odd)] = odd
            case "remove":
                del content[at : at + draw(st.integers(1, 40))]
            case "repeat":
                content[at:at] = content[at : at + 200] * draw(st.integers(1, 20))
            case "splice":
                content[at:at] = good_files()[draw(st.sampled_from(sorted(good_files())))]
            case _:
                content[at:at] = draw(st.binary(max_size=60))
    return draw(st.sampled_from((name, "rows.csv", "x", "a.zip", "b.parquet", "c.jsonl"))), bytes(content)


@settings(BOUNDED, max_examples=400)
@given(file=bad_files())
def test_readers_give_rows_and_problems_and_fail_in_words(file: tuple[str, bytes]) -> None:
    name, content = file
    items: list[Any] = []
    with suppress(FormatError):
        preview.understood(json.loads(json.dumps(preview.describe(io.BytesIO(content), name))))
        source = sniff(io.BytesIO(content), name)
        items = list(read_source(io.BytesIO(content), source))
    for item in items:
        assert isinstance(item, Row | RowProblem)
        assert item.number >= 1
        if isinstance(item, RowProblem):
            assert item.message


def bring_in(project: Project, name: str, content: bytes, mode: str) -> None:
    """Import a file, and assert that it was taken whole, in part with a report, or not at all and in words."""
    before = Task.objects.filter(project=project).count()
    job = imported(project, content, name, mode=mode)
    added = Task.objects.filter(project=project).count() - before
    assert OURS not in job.error, f"{name}: {content[:300]!r}"
    assert job.state in {JobState.SUCCEEDED, JobState.FAILED}
    result = job.result or {}
    if "accepted" in result:
        assert result["accepted"] == added
        reported = ImportProblem.objects.filter(job=job)
        assert reported.values("row").distinct().count() == result["rejected"]
        assert not reported.filter(row__lt=1).exists()
        assert not reported.filter(message="").exists()
        if mode != KEEP_GOOD and result["rejected"]:
            assert added == 0
            assert job.state == JobState.FAILED
    else:
        assert added == 0
        assert job.state == JobState.FAILED
        assert job.error
    queued = QueueEntry.objects.filter(project=project).count()
    assert queued == Task.objects.filter(project=project).count(), "every task has its place, or it is half imported"
    assert not Upload.objects.exclude(file="").filter(project=project).exists() or job.state == JobState.FAILED


@pytest.mark.django_db
@settings(BOUNDED, max_examples=60)
@given(file=bad_files(), mode=st.sampled_from(("keep_good", "all_or_nothing")))
def test_a_bad_file_is_imported_as_far_as_it_is_good(
    file: tuple[str, bytes], mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A process for each would take minutes, and has its tests in `test_bombs`.
    monkeypatch.setattr(looking, "look_at", lambda file, name: preview.understood(preview.describe(file, name)))
    with transaction.atomic():
        project = factories.project(schema=SCHEMA)
        name, content = file
        assert isinstance(project.created_by, User)
        with suppress(Invalid):
            imports.receive(actor=project.created_by, project=project, file=ContentFile(content, name=name))
        Upload.objects.filter(project=project).delete()
        bring_in(project, name, content, mode)
        transaction.set_rollback(True)


NAMES = """
text image intent labels meta split external_id dcai state required annotations revisions comments flags answers
question value source created_at created_by annotator version body reason sha256 file
""".split()  # noqa: SIM905 - so many quoted words are hard to read
ODD_TEXTS = (
    *("billing", "train", "", "\x00", "a-1", "ann@example.org"),
    *("http://127.0.0.1/x.png", "data:image/png;base64,AAAA"),
)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(ODD_TEXTS),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), inner, max_size=5)
    ),
    max_leaves=12,
)
KEYS = ("text", "image", "intent", "labels", "meta", "split", "external_id", "dcai", "else")


@pytest.mark.django_db
@settings(BOUNDED, max_examples=40)
@given(
    rows=st.lists(st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=6), min_size=1, max_size=25),
    mode=st.sampled_from(("keep_good", "all_or_nothing")),
)
def test_values_of_any_type_are_taken_or_reported(rows: list[dict[str, Any]], mode: str) -> None:
    with transaction.atomic():
        project = factories.project(schema=SCHEMA)
        content = "\n".join([json.dumps(ROWS[0]), *(json.dumps(row) for row in rows)]).encode()
        bring_in(project, "rows.jsonl", content, mode)
        transaction.set_rollback(True)


PAST = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from(["todo", "labeled", "quarantined", "lost", None, 3]),
        "required": st.integers(-2, 100) | ANYTHING,
        "labels": st.lists(ANYTHING, max_size=3),
        "annotations": st.lists(
            st.fixed_dictionaries(
                {"annotator": st.sampled_from(["ann@example.org", "", "no address", "A" * 300 + "@x.org", None])},
                optional={
                    "state": st.sampled_from(["submitted", "draft", "skipped", "x"]),
                    "answers": st.just({"intent": "billing"}) | ANYTHING,
                    "revisions": st.lists(ANYTHING, max_size=2),
                    "version": st.integers(-1, 2**40),
                    "counted": ANYTHING,
                },
            ),
            max_size=3,
        ),
        "comments": st.lists(ANYTHING, max_size=2),
        "flags": st.lists(ANYTHING, max_size=2),
    },
)


@pytest.mark.django_db
@settings(BOUNDED, max_examples=40)
@given(pasts=st.lists(PAST, min_size=1, max_size=10))
def test_a_past_that_cannot_be_is_reported(pasts: list[dict[str, Any]]) -> None:
    with transaction.atomic():
        project = factories.project(schema=SCHEMA)
        rows = [{"text": f"Row {number}", "dcai": past} for number, past in enumerate(pasts)]
        bring_in(project, "rows.jsonl", "\n".join(json.dumps(row) for row in rows).encode(), "keep_good")
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_the_report_names_row_column_and_reason() -> None:
    project = factories.project()
    job = imported(
        project, b"text,intent,split\nGood,billing,train\n,billing,\nOdd,nonsense,\nLast,,sometimes\n", "rows.csv"
    )
    found = list(ImportProblem.objects.filter(job=job).order_by("row").values_list("row", "column", "message"))
    assert [(row, column) for row, column, _ in found] == [(3, "text"), (4, "intent"), (5, "split")]
    assert "nonsense" in found[1][2]
    assert (job.result or {})["accepted"] == 1


@pytest.mark.django_db
def test_a_row_may_have_names_that_cannot_be_stored() -> None:
    project = factories.project()
    rows = [{"text": "Hello"}, {"text": "a", "b\x00": 1}, {"text": "b", "meta": {"\ud800": "\x00"}}, {"\x00text": "c"}]
    job = imported(project, "\n".join(json.dumps(row) for row in rows).encode(), "rows.jsonl")
    assert job.state == JobState.SUCCEEDED, job.error
    assert {key: (job.result or {})[key] for key in ("accepted", "rejected")} == {"accepted": 1, "rejected": 3}
    assert set(ImportProblem.objects.filter(job=job).values_list("row", flat=True)) == {2, 3, 4}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.csv", b"te\x00xt,intent\nHello,billing\n"),
        ("rows.jsonl", b'{"te\\u0000xt": "Hello", "\\ud800": 1}\n'),
        ("rows.csv", b"\xef\xbb\xbf"),
        ("rows.csv", b"\xff\xfe"),
        ("rows.csv", b""),
        ("rows.csv", b"\n\n\n"),
        ("rows.csv", b"\x1a"),
    ],
)
def test_a_file_that_is_refused_as_a_whole_says_why(name: str, content: bytes) -> None:
    project = factories.project()
    for mode in ("keep_good", "all_or_nothing"):
        job = imported(project, content, name, mode=mode)
        assert job.state == JobState.FAILED
        assert job.error
        assert OURS not in job.error
    assert not Task.objects.exists()


@pytest.mark.django_db
@pytest.mark.timeout(240)
def test_a_thousand_bad_rows_of_50_000_cost_nobody_else_anything() -> None:
    project = factories.project()
    lines = ["text,intent"]
    for number in range(50_000):
        bad = number % 50 == 7
        lines.append(f"Message {number},{'nonsense' if bad else ''}")
    job = imported(project, "\n".join(lines).encode(), "rows.csv")
    assert job.state == JobState.SUCCEEDED, job.error
    assert {key: (job.result or {})[key] for key in ("accepted", "rejected", "duplicates")} == {
        "accepted": 49_000,
        "rejected": 1_000,
        "duplicates": 0,
    }
    assert Task.objects.filter(project=project).count() == 49_000
    reported = ImportProblem.objects.filter(job=job)
    assert reported.count() == 1_000
    assert reported.order_by("row").values_list("row", "column")[:2][1] == (59, "intent")
    assert set(reported.values_list("column", flat=True)) == {"intent"}
