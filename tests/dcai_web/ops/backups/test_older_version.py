"""A backup that an older version made comes back into this one, and is migrated.

`old/version-0.1.0.tar.gz` was made by `manage.py backup` of the tag `base-before`, of a site with something of nearly
everything: four kinds of questions, labels with conflicts and skips, flags of every reason, an act of every verb, two
quality runs, three jobs, two images in three sizes, an upload. Its JSON columns have the shapes of that version.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from dcai_web.ops import backups
from dcai_web.ops.backups import structure
from labeling.models import BulkAct, Flag, JobRun, Label, Media, Project, Task, Upload, User
from labeling.selectors import versions as version_reads
from labeling.services import annotations as saving
from quality.models import Run
from tests import factories
from tests.dcai_web.ops.backups.test_round_trip import files_of

pytestmark = pytest.mark.django_db(transaction=True)
OLD = Path(__file__).parent / "old" / "version-0.1.0.tar.gz"


@pytest.fixture
def restored(storage: Path) -> backups.Restored:
    """Restore the old backup in place of a site of this version that holds something else."""
    factories.tasks(factories.project(name="Of this version"))
    done = backups.restore(OLD, replace=True)
    # A site is restored while its processes are stopped: none remembers what was there before.
    version_reads.by_pk.cache_clear()
    return done


def test_everything_is_there_and_people_go_on(restored: backups.Restored, storage: Path) -> None:
    # Restored once for all three: it takes a while.
    _check_counts(restored, storage)
    _check_rows_of_every_old_shape()
    _check_that_people_go_on()


def _check_counts(restored: backups.Restored, storage: Path) -> None:
    assert (restored.version, restored.missing) == ("0.1.0", [])
    assert (restored.rows, restored.tables) == (710, 49)
    assert structure.applied() == structure.known()
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
    assert sorted(Project.objects.values_list("name", flat=True)) == ["Digits", "Messages"]
    assert Task.objects.count() == 65
    assert Label.objects.count() == 73
    assert set(Label.objects.filter(retired_at=None).values_list("question", flat=True)) == {
        "intent", "topics", "mood", "remark", "digit",
    }  # fmt: skip
    assert Media.objects.count() == 2
    assert Upload.objects.exclude(file="").count() == 1
    assert len(files_of(storage)) == restored.files == 7


def _check_rows_of_every_old_shape() -> None:
    assert set(Flag.objects.values_list("reason", flat=True)) == {
        "manual", "skipped", "conflict", "label_error", "outlier", "near_duplicate", "ambiguous", "low_quality",
        "gold_miss", "stale_guideline",
    }  # fmt: skip
    assert set(BulkAct.objects.values_list("verb", flat=True)) == {"split", "quarantine", "restore", "label", "review"}
    assert BulkAct.objects.filter(undone_at__isnull=False).exists()
    assert set(JobRun.objects.values_list("kind", flat=True)) == {
        "labeling.import", "labeling.thumbnails", "labeling.delete_project", "quality.run",
    }  # fmt: skip
    assert Run.objects.exclude(summary={}).count() == 2


def _check_that_people_go_on() -> None:
    manager = User.objects.get(email="manager@example.org")
    client = Client()
    sent = client.post("/login/", {"username": manager.email, "password": factories.PASSWORD})
    assert sent.status_code == 302
    for page in ("/p/messages/", "/p/messages/review/", "/p/messages/tasks/", "/p/messages/quality/", "/p/digits/"):
        assert client.get(page).status_code == 200, page
    # A new answer: ids go on where they were.
    task = Task.objects.get(project__name="Messages", external_id="58")
    person = User.objects.get(email="ann@example.org")
    saved = saving.submit(
        actor=person, task=task, submission=saving.Submission(answers={"intent": "billing"}), key="after"
    )
    assert saved.version == 1
