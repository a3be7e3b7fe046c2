"""Images come in checked, stored once, and gone again when nothing was to stay; hostile files harm nothing."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command

from labeling.models import ImportProblem, JobRun, JobState, Label, Media, MediaLink, Project, Task, Upload
from labeling.services import imports, jobs
from tests import factories
from tests.exporting import exported, lines, without_times
from tests.importing import counts, imported, jsonl, problems
from tests.pictures import huge_png, picture, zipped

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]
SCHEMA = {
    "fields": [{"name": "image", "type": "image"}],
    "questions": [{"name": "animal", "kind": "choice", "field": "image", "labels": ["cat", "dog"]}],
}


@pytest.fixture
def project() -> Project:
    """Make a project of images."""
    return factories.project(schema=SCHEMA)


def zip_of(members: dict[str, bytes]) -> bytes:
    return zipped(members).getvalue()


def files_in(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def reasons(job: JobRun) -> str:
    return " ".join(ImportProblem.objects.filter(job=job).values_list("message", flat=True))


def test_folder_names_become_labels_and_equal_images_one_file(project: Project, own_storage: Path) -> None:
    one, two = picture(size=(30, 20)), picture(size=(40, 20))
    job = imported(project, zip_of({"cat/1.png": one, "dog/2.png": two, "dog/3.png": one}), "animals.zip")

    assert counts(job) == (3, 0, 0), reasons(job)
    tasks = list(Task.objects.order_by("id"))
    assert [task.external_id for task in tasks] == ["cat/1.png", "dog/2.png", "dog/3.png"]
    assert tasks[0].data["image"] == {
        "sha256": tasks[2].data["image"]["sha256"],
        "width": 30,
        "height": 20,
        "name": "1.png",
        "bytes": len(one),
    }
    assert list(Label.objects.order_by("id").values_list("value", flat=True)) == ["cat", "dog", "dog"]
    assert Media.objects.count() == MediaLink.objects.count() == 2
    assert files_in(own_storage) == {"original"}
    assert JobRun.objects.filter(kind="labeling.thumbnails", project=project).count() == 1
    assert counts(imported(project, zip_of({"cat/1.png": one}), "again.zip")) == (0, 0, 1)


def test_a_manifest_names_files_labels_and_metadata(project: Project) -> None:
    manifest = b"image,animal,external_id,camera\nimg/1.png,cat,a,old\nimg/none.png,dog,b,new\n"
    job = imported(project, zip_of({"manifest.csv": manifest, "img/1.png": picture()}), "x.zip")
    assert counts(job) == (1, 1, 0)
    assert "no such file" in reasons(job)
    task = Task.objects.get()
    assert (task.external_id, task.meta, task.data["image"]["name"]) == ("a", {"camera": "old"}, "1.png")
    assert Label.objects.get().value == "cat"


def test_hostile_and_broken_entries_cost_only_themselves(project: Project) -> None:
    png = picture()
    job = imported(
        project,
        zip_of(
            {
                "../escape.png": png,
                "a/good.png": png,
                "a/huge.png": huge_png(30_000, 30_000),
                "a/notes.png": b"hello",
                "a/script.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
                "a/truncated.jpg": picture("JPEG", size=(400, 400))[:3000],
            }
        ),
        "mixed.zip",
    )
    assert counts(job) == (1, 5, 0)
    told = reasons(job)
    for words in ("leads outside", "million pixels", "not an image", "scripts", "incomplete"):
        assert words in told
    assert Task.objects.get().external_id == "a/good.png"


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"\x00\x01\x02\x03" * 999, "rows.json", "binary file"),
        (zip_of({f"{n}.png": bytes(20 * 1024**2) for n in range(2)}), "bomb.zip", "bomb"),
        (zip_of({"a.png": picture()})[:-30], "cut.zip", "damaged"),
        (zip_of({"[Content_Types].xml": b"<x/>"}), "sheet.xlsx", "This is an office document"),
        (zip_of({"../a.png": picture()}), "path.zip", "leads outside"),
        (picture(), "one.png", "single image"),
        (b"", "nothing.csv", "empty"),
    ],
)
def test_bad_files_fail_in_words_and_leave_nothing(
    project: Project, own_storage: Path, content: bytes, name: str, says: str
) -> None:
    job = imported(project, content, name)
    assert job.state == JobState.FAILED
    assert says in job.error
    assert job.result is not None
    assert job.result["accepted"] == 0
    assert not Task.objects.exists()
    assert "original" not in files_in(own_storage)


def test_all_or_nothing_leaves_no_file_either(project: Project, own_storage: Path) -> None:
    content = zip_of({"1.png": picture(size=(3, 3)), "2.png": picture(size=(4, 4)), "3.png": b"broken"})
    job = imported(project, content, "x.zip", mode="all_or_nothing")
    assert job.state == JobState.FAILED
    assert counts(job) == (0, 1, 0)
    assert problems(job) == [(3, "image")]
    assert not Media.objects.exists()
    assert "original" not in files_in(own_storage)


def test_images_in_rows_of_text(project: Project) -> None:
    inside = f"data:image/png;base64,{base64.b64encode(picture()).decode()}"
    rows = [{"image": inside}, {"image": "https://example.org/a.png"}, {"image": "a.png"}, {"image": "data:,x"}]
    job = imported(project, jsonl(rows), "rows.jsonl")
    assert counts(job) == (1, 3, 0)
    told = reasons(job)
    for words in ("not fetched", "brings no images", "base64"):
        assert words in told


def test_a_zip_export_gives_the_same_project_again(project: Project) -> None:
    imported(project, zip_of({"cat/1.png": picture(size=(30, 20)), "dog/2.jpg": picture("JPEG")}), "animals.zip")
    content = exported(project, "zip")

    twin = factories.project(schema=SCHEMA)
    job = imported(twin, content, "export.zip")

    assert counts(job) == (2, 0, 0), reasons(job)
    assert without_times(lines(twin)) == without_times(lines(project))
    third = factories.project(schema=SCHEMA)
    refused = imported(third, exported(project), "export.jsonl")
    assert refused.state == JobState.FAILED
    assert "Import the ZIP export" in refused.error


def test_knowing_a_hash_gives_nobody_another_projects_image(project: Project) -> None:
    imported(project, zip_of({"1.png": picture()}), "x.zip")
    image = Task.objects.get().data["image"]
    stranger = factories.project(schema=SCHEMA)
    assert imported(stranger, jsonl([{"image": image}]), "rows.jsonl").state == JobState.FAILED
    assert not MediaLink.objects.filter(project=stranger).exists()


def test_removing_an_import_ends_access_to_its_images(project: Project) -> None:
    kept = imported(project, zip_of({"1.png": picture(size=(9, 9))}), "x.zip")
    job = imported(project, zip_of({"2.png": picture(size=(8, 8)), "3.png": picture(size=(9, 9))}), "y.zip")
    assert MediaLink.objects.count() == 2
    imports.remove(actor=project.created_by, job=job)
    assert Task.objects.get().import_job == kept
    assert MediaLink.objects.get().media_id == Task.objects.get().data["image"]["sha256"]


def test_a_folder_on_the_server_is_imported_by_command(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "animals"
    for name, content in {"cat/1.png": picture(size=(5, 5)), "dog/2.png": picture(), "dog/3.png": b"broken"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    said = io.StringIO()
    call_command("import_folder", project.slug, str(folder), "--label", "animal", stdout=said)
    job = JobRun.objects.get(kind="labeling.import")
    assert f"/p/{project.slug}/imports/{job.pk}/" in said.getvalue()

    jobs.perform_job(job.pk)

    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED, job.error
    assert counts(job) == (2, 1, 0)
    assert [task.external_id for task in Task.objects.order_by("id")] == ["cat/1.png", "dog/2.png"]
    assert list(Label.objects.order_by("id").values_list("value", flat=True)) == ["cat", "dog"]
    assert (folder / "cat" / "1.png").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere", "."], "no project"),
        (["{slug}", "/nowhere/at/all"], "not a folder"),
        (["{slug}", ".", "--label", "mood"], "mood"),
    ],
)
def test_the_command_says_what_is_wrong(project: Project, arguments: list[str], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        call_command("import_folder", *[argument.format(slug=project.slug) for argument in arguments])


def test_a_line_of_two_gigabytes_fails_in_words() -> None:
    project = factories.project()
    job = imports.start(actor=project.created_by, project=project, file=ContentFile(b'{"text": "', name="rows.jsonl"))
    with Path(Upload.objects.get().file.path).open("r+b") as file:
        file.write(b'{"text": "' + b"x" * 400_000)
        file.truncate(2 * 1024**3)  # a hole in a sparse file: read as two gigabytes, stored as none

    jobs.perform_job(job.pk)

    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "longer than 16 MB" in job.error
    assert not Task.objects.exists()
