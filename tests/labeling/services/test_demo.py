"""The demo projects: wrong exactly as stated, made once, and silent about what is true."""

import csv
import itertools
import json
import re
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from rapidfuzz import fuzz, process

from labeling.errors import Unavailable
from labeling.models import (
    Annotation,
    Event,
    GuidelineVersion,
    ImportProblem,
    JobRun,
    Label,
    Media,
    Membership,
    Project,
    QueueEntry,
    Role,
    Task,
    TaskState,
    User,
)
from labeling.selectors import guidelines as guideline_reads
from labeling.selectors import media as media_reads
from labeling.selectors import versions as version_reads
from labeling.services import annotations as saving
from labeling.services import claims, demo, jobs
from labeling.services.annotations import Submission
from labeling.services.demo import messages
from tests import factories

KEYS = sorted(demo.DEMOS)


@pytest.fixture(autouse=True)
def _own_storage(tmp_path: Path, settings: Settings) -> None:
    """Keep files of these tests apart."""
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def admin(db: None) -> User:
    """Return the site's administrator."""
    return factories.user("admin@example.org", is_superuser=True, is_staff=True)


# What a demo is made of


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("seed", [demo.SEED, 2, 3])
def test_shares_are_exactly_as_stated(key: str, seed: int) -> None:
    items = demo.items(key, seed=seed)
    splits = Counter(item.split for item in items)
    noisy = [item for item in items if item.given is not None and item.split != "test"]
    wrong = [item for item in noisy if item.is_wrong]

    assert splits["test"] == round(0.20 * len(items))
    assert splits["validation"] == round(0.10 * len(items))
    assert sum(item.given is None for item in items) == round(0.25 * len(items))
    assert len(wrong) == round(demo.DEMOS[key].wrong_share * len(noisy))
    assert demo.wrong(key, seed=seed) == {item.source.external_id: item.given for item in wrong}


@pytest.mark.parametrize("key", KEYS)
def test_the_test_split_is_fully_and_truly_labeled(key: str) -> None:
    test = [item for item in demo.items(key) if item.split == "test"]

    assert all(item.given == item.source.label for item in test)
    assert {item.given for item in test} == set(demo.DEMOS[key].labels)


@pytest.mark.parametrize("key", KEYS)
def test_wrong_labels_are_mostly_ones_that_people_confuse(key: str) -> None:
    true, confused = demo.truth(key), demo.DEMOS[key].confused
    wrong = demo.wrong(key)

    assert all(true[external_id] != given for external_id, given in wrong.items())
    assert sum(given in confused[true[external_id]] for external_id, given in wrong.items()) > len(wrong) / 2


@pytest.mark.parametrize("key", KEYS)
def test_a_seed_gives_the_same_again_and_another_one_something_else(key: str) -> None:
    assert demo.items(key, seed=5) == demo.items(key, seed=5)
    assert demo.wrong(key, seed=5) != demo.wrong(key, seed=6)
    assert demo.truth(key) == {item.source.external_id: item.source.label for item in demo.items(key, seed=6)}


def test_messages_are_many_varied_and_of_known_intents() -> None:
    with messages.FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    texts = [row["text"].lower().strip() for row in rows]
    likeness = process.cdist(texts, texts, scorer=fuzz.ratio, score_cutoff=85)

    assert len(rows) >= 600
    assert (likeness > 85).sum() == len(texts), "two messages are nearly the same"
    assert {row["intent"] for row in rows} == set(demo.DEMOS["support_messages"].labels)
    assert {row["difficulty"] for row in rows} == {"clear", "ambiguous"}
    assert not any(row["intent"] in row["text"] for row in rows)


# The projects


@pytest.mark.parametrize("key", KEYS)
def test_a_demo_is_made_as_people_would_have_and_once(key: str, admin: User) -> None:
    project = demo.create(actor=admin, key=key)

    _check_tasks_and_labels(project, key, admin)
    _check_guideline(project)
    _check_that_nothing_tells_the_truth(project, key)
    before = (Event.objects.count(), Label.objects.count(), Task.objects.count())
    assert demo.create(actor=admin, key=key) == project
    assert (Event.objects.count(), Label.objects.count(), Task.objects.count()) == before


def _check_tasks_and_labels(project: Project, key: str, admin: User) -> None:
    items = {item.source.external_id: item for item in demo.items(key)}
    tasks = {task.external_id: task for task in Task.objects.filter(project=project)}
    given = dict(Label.objects.filter(project=project, retired_at=None).values_list("task__external_id", "value"))
    assert not ImportProblem.objects.filter(job__project=project).exists()
    assert tasks.keys() == items.keys()
    assert {name: task.split for name, task in tasks.items()} == {name: item.split for name, item in items.items()}
    assert given == {name: item.given for name, item in items.items() if item.given is not None}
    assert set(Label.objects.filter(project=project).values_list("source", flat=True)) == {"import"}
    assert QueueEntry.objects.filter(project=project, state=TaskState.TODO).count() == len(items) - len(given)
    assert Membership.objects.get(project=project).role == Role.MANAGER
    assert Membership.objects.get(project=project).user == admin


def _check_guideline(project: Project) -> None:
    """It is published and speaks of every label."""
    version = GuidelineVersion.objects.get(project=project)
    shown = guideline_reads.as_document(version)
    names = list(version_reads.schema(project.pk).questions[0].class_names)
    assert [label["label"] for label in shown["labels"]] == names
    assert all(
        label["definition_html"] and label["use_when_html"] and label["not_when_html"] for label in shown["labels"]
    )
    assert "<h2>" in shown["html"]


def _check_that_members_see_images(project: Project) -> None:
    task = Task.objects.filter(project=project).first()
    assert task is not None
    image = task.data["image"]
    assert (image["width"], image["height"]) == (96, 96)
    served = media_reads.served(media_reads.known(project, image["sha256"]), "original")
    assert served is not None
    assert served.file.read(8) == b"\x89PNG\r\n\x1a\n"


def test_texts_survive_the_way_through_the_file(admin: User) -> None:
    project = demo.create(actor=admin, key="support_messages")

    texts = dict(Task.objects.filter(project=project).values_list("external_id", "data__text"))
    assert texts == {source.external_id: source.content for source in messages.load_messages()}


def _check_that_nothing_tells_the_truth(project: Project, key: str) -> None:
    """Where a label is missing or wrong, the true one is nowhere in what people, exports or models get to see."""
    true = demo.truth(key)
    hidden = {item.source.external_id for item in demo.items(key) if item.given is None} | demo.wrong(key).keys()
    # Every value of the metadata occurs with several true labels among the hidden ones: none of them gives it away.
    seen: dict[tuple[str, str], set[str]] = {}
    for task in Task.objects.filter(project=project, external_id__in=hidden):
        assert task.external_id is not None
        name = task.data["image"]["name"] if key == "handwritten_digits" else ""
        assert name in {"", f"{task.external_id}.png"}
        assert set(task.meta) <= {"ink", "channel", "month"}
        for item in task.meta.items():
            seen.setdefault(item, set()).add(true[task.external_id])
    assert all(len(labels) > 3 for labels in seen.values())
    # Neither do the ids: items next to each other are not alike more often than any two are.
    ordered = [true[name] for name in sorted(true)]
    alike = sum(one == two for one, two in itertools.pairwise(ordered)) / len(ordered)
    chance = sum((count / len(ordered)) ** 2 for count in Counter(ordered).values())
    assert abs(alike - chance) < 0.03
    wrong = json.dumps([*Event.objects.filter(project=project).values_list("payload", flat=True)])
    assert not any(name in wrong for name in demo.wrong(key))


def test_an_attempt_that_broke_off_is_finished(admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(job_id: int) -> None:
        JobRun.objects.filter(pk=job_id).update(state="failed", error="No space left.")

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "perform_job", fail)
        with pytest.raises(Unavailable, match="No space left"):
            demo.create(actor=admin, key="support_messages")
    assert Task.objects.count() == 0

    project = demo.create(actor=admin, key="support_messages")

    assert Project.objects.get() == project
    assert Task.objects.filter(project=project).count() == len(demo.truth("support_messages"))
    assert GuidelineVersion.objects.filter(project=project).count() == 1


def test_two_seeds_are_two_projects(admin: User) -> None:
    first = demo.create(actor=admin, key="support_messages")
    second = demo.create(actor=admin, key="support_messages", seed=7)

    assert first != second
    assert demo.find_demo("support_messages", seed=7) == second
    assert demo.find_demo("support_messages") == first


def test_a_project_of_the_same_name_is_left_alone(admin: User) -> None:
    own = factories.project(name="Support messages")

    made = demo.create(actor=admin, key="support_messages")

    assert made != own
    assert made.slug == "support-messages-2"
    demo.remove(actor=admin, key="support_messages")
    assert Project.objects.get() == own


def test_removing_takes_everything_and_it_can_be_made_again(
    admin: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    project = demo.create(actor=admin, key="handwritten_digits")
    _check_that_members_see_images(project)
    ids = claims.claim(actor=admin, project=project, count=2).task_ids
    task = Task.objects.select_related("project").get(pk=ids[0])
    saving.submit(actor=admin, task=task, submission=Submission(answers={"digit": "4"}), key="one")
    path = media_reads.path_of(task.data["image"]["sha256"], "original")
    assert default_storage.exists(path)

    with django_capture_on_commit_callbacks(execute=True):
        assert demo.remove(actor=admin, key="handwritten_digits")

    assert not default_storage.exists(path)
    left = [model.objects.count() for model in (Project, Task, Label, QueueEntry, Annotation, Media)]
    assert left == [0] * len(left)
    assert Event.objects.get(project=None).payload["name"] == "Handwritten digits"
    assert not demo.remove(actor=admin, key="handwritten_digits")
    assert demo.create(actor=admin, key="handwritten_digits").tasks.count() == 1797


def test_images_that_another_project_shows_stay(
    admin: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    demo.create(actor=admin, key="handwritten_digits")
    demo.create(actor=admin, key="handwritten_digits", seed=2)

    with django_capture_on_commit_callbacks(execute=True):
        demo.remove(actor=admin, key="handwritten_digits")

    media = Media.objects.first()
    assert media is not None
    assert default_storage.exists(media_reads.path_of(media.pk, "original"))


@pytest.mark.django_db(transaction=True)
def test_it_works_outside_the_transaction_of_a_test() -> None:
    admin = factories.user("admin@example.org", is_superuser=True)

    project = demo.create(actor=admin, key="handwritten_digits")

    assert project.tasks.count() == 1797
    assert not Media.objects.filter(variants_at=None).exists()


# The command


def test_the_command_makes_and_removes_both(admin: User) -> None:
    told = StringIO()
    call_command("demo", stdout=told)
    call_command("demo", stdout=told)

    assert "Handwritten digits: 1,797 tasks at /p/handwritten-digits/" in told.getvalue()
    assert told.getvalue().count("already there") == 2
    assert set(Project.objects.values_list("created_by", flat=True)) == {admin.pk}

    call_command("demo", "--remove", stdout=told)
    assert told.getvalue().count("removed") == 2
    assert not Project.objects.exists()


@pytest.mark.django_db
def test_the_command_says_who_is_missing() -> None:
    with pytest.raises(CommandError, match="no administrator"):
        call_command("demo")
    with pytest.raises(CommandError, match=re.escape("nobody@example.org")):
        call_command("demo", "--manager", "nobody@example.org")
