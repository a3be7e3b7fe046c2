"""Take a file in, show what it holds, start its import."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from django.db import transaction

from labeling.errors import Invalid, Problem
from labeling.formats import FormatError, SourceInfo
from labeling.formats.mapping import PLAIN, REST
from labeling.formats.preview import SHOWN_COLUMNS
from labeling.models import Upload
from labeling.models.imports import ImportParams
from labeling.selectors import versions as version_reads
from labeling.services import jobs, projects
from labeling.services.imports.guessing import guess_mapping
from labeling.services.imports.looking import look_into
from labeling.services.imports.options import KEEP_GOOD, parse_options
from labeling.services.imports.uploading import IMPORT, forget
from labeling.services.imports.uploading import upload as keep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.core.files.base import File

    from labeling.kinds.schema import Schema
    from labeling.models import JobRun, Project, User

_SHOWN = 200
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s.]{2,24}")
_PHONE = re.compile(r"\+?(?:\(?\d{1,5}\)?[ /.-]?){3,6}")


@dataclass(frozen=True, slots=True)
class PreviewColumn:
    """One column of a file before its import: where it will go, and its first values."""

    name: str
    target: str
    samples: tuple[str, ...]
    personal: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """A file before its import.

    Parameters
    ----------
    columns
        The first columns: no more than a page can show.
    further
        Where the columns go that are not among them, by name.
    """

    source: SourceInfo
    columns: tuple[PreviewColumn, ...]
    further: dict[str, str]
    rows: tuple[tuple[str, ...], ...]
    targets: tuple[str, ...]


def preview(*, project: Project, upload: Upload) -> Preview:
    """Return what the file is, its first rows, and where its columns would go.

    Raises
    ------
    Invalid
        When it is nothing that can be imported.
    """
    if not upload.file:
        message = f"“{upload.filename}” was imported and is no longer kept. Choose the file again."
        raise Invalid(message, problems=(Problem("file", message),))
    schema = version_reads.schema(project.pk)
    try:
        with upload.file.open("rb") as file:
            source = look_into(file, upload.filename)
        mapping = guess_mapping(source, schema)
    except FormatError as error:
        raise Invalid(error.message, problems=(Problem("file", error.message, row=error.row),)) from None
    first = source.columns[:SHOWN_COLUMNS]
    rows = tuple(tuple(shown(row.values.get(name)) for name in first) for row in source.sample)
    columns = tuple(
        PreviewColumn(
            name=name,
            target=mapping[name],
            samples=tuple(row[position] for row in rows[:3]),
            personal=looks_personal([row[position] for row in rows]),
        )
        for position, name in enumerate(first)
    )
    further = {name: mapping[name] for name in source.columns[SHOWN_COLUMNS:]}
    return Preview(source=source, columns=columns, further=further, rows=rows, targets=targets_of(schema))


@transaction.atomic
def start_folder(
    *, actor: User, project: Project, folder: str, label: str | None = None, mode: str = KEEP_GOOD
) -> JobRun:
    """Start the import of a folder of images that the workers can read; for operators, not for the web.

    `label` is the question that the names of the folders answer; without it that is guessed.
    """
    schema = version_reads.schema(project.pk)
    options: dict[str, Any] = {"mode": mode}
    if label is not None:
        image = next((field.name for field in schema.fields if field.type == "image"), "image")
        options["mapping"] = {"image": f"field:{image}", "folder": f"label:{label}", "name": "external_id"}
    return jobs.start(
        kind=IMPORT,
        project=project,
        actor=actor,
        queue="imports",
        params=ImportParams(folder=folder, filename=PurePath(folder).name, options=parse_options(options, schema)),
        exclusive_key=f"import-folder:{project.pk}",
    )


def receive(*, actor: User, project: Project, file: File[Any] | None) -> Upload:
    """Keep a file if it is something that can be imported; what is not is deleted at once."""
    if file is None:
        message = "Choose a file to import."
        raise Invalid(message, problems=(Problem("file", message),))
    kept = keep(actor=actor, project=project, file=file)
    try:
        preview(project=project, upload=kept)
    except Invalid:
        forget(actor=actor, upload=kept)
        raise
    return kept


def targets_of(schema: Schema) -> tuple[str, ...]:
    """Return everything a column can go to."""
    return (
        *(f"field:{field.name}" for field in schema.fields),
        *(f"label:{question.name}" for question in schema.questions),
        *PLAIN,
    )


def looks_personal(cells: Sequence[str]) -> bool:
    """Return whether most values are e-mail addresses or telephone numbers: worth a word before they are stored."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    hits = sum(
        bool(_EMAIL.fullmatch(cell)) or (10 <= len(cell) <= 24 and cell[0] in "+0(" and bool(_PHONE.fullmatch(cell)))
        for cell in filled
    )
    return hits * 2 > len(filled)


def shown(value: Any) -> str:
    """Return a value as a cell of the preview."""
    text = "" if value is None else f"{len(value):,} bytes" if isinstance(value, bytes) else str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


@transaction.atomic
def start(
    *,
    actor: User,
    project: Project,
    file: File[Any] | None = None,
    upload: Upload | None = None,
    filename: str = "",
    options: Mapping[str, Any] | None = None,
) -> JobRun:
    """Start the import of a file, or of one uploaded before; without options columns are mapped by their names."""
    chosen = parse_options(options, version_reads.schema(project.pk))
    if upload is None:
        if file is None:
            message = "Choose a file to import."
            raise Invalid(message, problems=(Problem("file", message),))
        upload = keep(actor=actor, project=project, file=file, filename=filename)
    elif not upload.file:
        message = f"“{upload.filename}” was imported and deleted. Choose the file again."
        raise Invalid(message, problems=(Problem("upload", message),))
    if chosen.mapping is not None and REST not in chosen.mapping:
        chosen.mapping[REST] = "meta"
    return jobs.start(
        kind=IMPORT,
        project=project,
        actor=actor,
        queue="imports",
        params=ImportParams(upload=upload.pk, filename=upload.filename, options=chosen),
        exclusive_key=f"import:{upload.pk}",
    )


@transaction.atomic
def start_checked(
    *,
    actor: User,
    job: JobRun,
    add: Mapping[str, Sequence[str]] | None = None,
    values: Mapping[str, Mapping[str, str]] | None = None,
    again: bool = False,
) -> JobRun:
    """Start the import that a dry run looked through, with the same file and the same options; or look `again`.

    What was unknown becomes a label of its question (`add`), or stands for one (`values`), in both by question.
    """
    params = ImportParams.load(job.params)
    upload = Upload.objects.filter(pk=params.upload or 0, project=job.project).first()
    if job.project is None or upload is None or not upload.file or not params.options.dry_run:
        message = "The file that was looked through is gone. Choose it again."
        raise Invalid(message, problems=(Problem("upload", message),))
    meant = {name: dict(of_question) for name, of_question in params.options.values.items()}
    for name, of_question in (values or {}).items():
        meant.setdefault(name, {}).update(of_question)
    for name, labels in (add or {}).items():
        if both := [label for label in labels if label in meant.get(name, {})]:
            message = f"“{both[0]}” cannot both be added and stand for another label. Choose one."
            raise Invalid(message, problems=(Problem("values", message),))
    if add:
        projects.add_labels(actor=actor, project=job.project, labels=add)
    options = params.options.model_dump() | {"dry_run": again, "values": meant}
    return start(actor=actor, project=job.project, upload=upload, options=options)
