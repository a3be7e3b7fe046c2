"""Acts as older versions stored them: lists without names. They are told, and taken back, as new ones are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labeling.models import (
    BulkAct,
    Flag,
    FlagState,
    Label,
    LabelSource,
    Project,
    QueueEntry,
    Split,
    Task,
    User,
)
from labeling.models.acts import ACTS, GOLD_VERBS, AdjudicateAct, AskAct, DeleteAct, MetaAct, SettleAct, load_act
from labeling.reasons.decisions import Decision
from labeling.services import flags, reviews, tasks
from labeling.services.reviews import Ruling
from tests import factories

pytestmark = pytest.mark.django_db

Stored = tuple[dict[str, Any], list[Any]]


def current(task: Task) -> str | None:
    found = Label.objects.filter(task=task, retired_at=None).first()
    return str(found.value) if found else None


def moved(project: Project, task: Task) -> Stored:
    Task.objects.filter(pk=task.pk).update(split=Split.TRAIN)
    return {"split": "train"}, [[task.pk, "test"]]


def quarantined(project: Project, task: Task) -> Stored:
    QueueEntry.objects.filter(task=task).update(state="quarantined")
    return {"reason": "Not ours."}, [[task.pk, "todo"]]


def restored(project: Project, task: Task) -> Stored:
    return {}, [[task.pk]]


def labeled(project: Project, task: Task) -> Stored:
    tasks.assign_label(actor=project.created_by, project=project, task_ids=[task.pk], question="intent", value="other")
    old = Label.objects.get(task=task, retired_at=None)
    tasks.assign_label(
        actor=project.created_by, project=project, task_ids=[task.pk], question="intent", value="delivery"
    )
    new = Label.objects.get(task=task, retired_at=None)
    BulkAct.objects.all().delete()
    return {"question": "intent", "value": "delivery"}, [[task.pk, old.pk, new.pk, 1]]


def decided(project: Project, task: Task) -> Stored:
    tasks.assign_label(actor=project.created_by, project=project, task_ids=[task.pk], question="intent", value="other")
    old = Label.objects.get(task=task, retired_at=None)
    flag = flags.raise_flag(actor=project.created_by, task=task, note="Look.", question="intent")
    done = reviews.decide(
        actor=project.created_by, project=project, flag_ids=[flag.pk], ruling=Ruling(Decision.RELABEL, "billing")
    )
    new = Label.objects.get(task=task, retired_at=None)
    params = {"decision": "relabel", "asked": [flag.pk], "left": {}}
    before = [[task.pk, [flag.pk], [[old.pk, new.pk]], 0, False]]
    BulkAct.objects.filter(pk=done.act.pk).update(params=params, before=before)
    return params, before


def undone(task: Task) -> dict[str, Callable[[], bool]]:
    """Return, by verb, whether a task is again as it was before the act."""
    entry = QueueEntry.objects.get(task=task)
    return {
        "split": lambda: Task.objects.get(pk=task.pk).split == "test",
        "quarantine": lambda: entry.state == "todo",
        "restore": lambda: entry.state == "quarantined",
        "label": lambda: (current(task), entry.required, entry.open_slots) == ("other", 1, 1),
        "review": lambda: current(task) == "other" and Flag.objects.get(task=task).state == FlagState.OPEN,
    }


OLD: dict[str, Callable[[Project, Task], Stored]] = {
    "split": moved,
    "quarantine": quarantined,
    "restore": restored,
    "label": labeled,
    "review": decided,
}
WORDS = {
    "split": "moved it to the train split",
    "quarantine": "Not ours.",
    "restore": "restored it from quarantine",
    "label": "delivery",
    "review": "another label was given",
}


@pytest.mark.parametrize("verb", OLD)
def test_an_act_of_an_older_version_is_told_and_taken_back(client_for: Callable[[User], Client], verb: str) -> None:
    project = factories.project()
    task = factories.task(project)
    params, before = OLD[verb](project, task)
    act = BulkAct.objects.filter(verb="review").first() or BulkAct.objects.create(
        project=project, actor=project.created_by, verb=verb, params=params, before=before, count=1
    )
    client = client_for(project.created_by)
    page = reverse("project-task", args=(project.slug, task.pk))
    assert WORDS[verb] in client.get(page).content.decode()

    client.post(reverse("project-act-undo", args=(project.slug, act.pk)))

    act.refresh_from_db()
    assert act.undone_at is not None
    assert undone(task)[verb]()


def test_every_verb_has_its_old_shape_here() -> None:
    since_version_2 = {AdjudicateAct.VERB, AskAct.VERB, DeleteAct.VERB, MetaAct.VERB, SettleAct.VERB, *GOLD_VERBS}
    assert set(OLD) == set(ACTS) - since_version_2


def test_new_acts_have_names_for_everything_and_a_version() -> None:
    project = factories.project()
    task = factories.task(project)
    acts = [
        tasks.set_split(actor=project.created_by, project=project, task_ids=[task.pk], split="test"),
        tasks.quarantine(actor=project.created_by, project=project, task_ids=[task.pk], reason="Not ours."),
        tasks.restore(actor=project.created_by, project=project, task_ids=[task.pk]),
        tasks.assign_label(
            actor=project.created_by, project=project, task_ids=[task.pk], question="intent", value="other"
        ),
    ]
    label = Label.objects.get(task=task, retired_at=None)
    assert label.source == LabelSource.BULK
    flag = flags.raise_flag(actor=project.created_by, task=task, note="Look.")
    acts.append(
        reviews.decide(
            actor=project.created_by, project=project, flag_ids=[flag.pk], ruling=Ruling(Decision.QUARANTINE)
        ).act
    )
    stored = {act.verb: act for act in BulkAct.objects.all()}

    assert {verb: (act.params, act.before) for verb, act in stored.items()} == {
        "split": ({"version": 2, "split": "test"}, [{"task": task.pk, "split": ""}]),
        "quarantine": ({"version": 2, "reason": "Not ours."}, [{"task": task.pk, "state": "todo"}]),
        "restore": ({"version": 2}, [{"task": task.pk}]),
        "label": (
            {"version": 2, "question": "intent", "value": "other"},
            [{"task": task.pk, "old": None, "new": label.pk, "closed": 1}],
        ),
        "review": (
            {"version": 2, "decision": "quarantine", "asked": [flag.pk], "left": {}},
            [{"task": task.pk, "flags": [flag.pk], "labels": [], "closed": 0, "quarantined": True, "moved": None}],
        ),
    }
    assert all(load_act(act).task_ids == [task.pk] for act in acts)


def test_an_act_of_a_newer_version_is_not_guessed_at() -> None:
    project = factories.project()
    act = BulkAct.objects.create(
        project=project, actor=project.created_by, verb="restore", params={"version": 3}, before=[], count=0
    )
    with pytest.raises(ValueError, match="newer version"):
        load_act(act)
