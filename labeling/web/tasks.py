"""The task explorer: filter, sort, select, act on many; and the filters a person keeps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from labeling.access import Action, bulk_act_for, may, project_for, saved_filter_for
from labeling.errors import Conflict, DomainError, Invalid
from labeling.models import LabelSource, Project, Split
from labeling.models.acts import GOLD_VERBS, Whom
from labeling.models.bulk_acts import BulkVerb, BulkWish
from labeling.models.preferences import ExplorerLook, Preferences, View
from labeling.reasons.registry import offered_reasons
from labeling.selectors import activity as activity_reads
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import gold as gold_reads
from labeling.selectors import task_deletions as deletion_reads
from labeling.selectors import versions as version_reads
from labeling.selectors.explorer.filters import MAX_CHOSEN
from labeling.services import explorer, preferences, tasks
from labeling.web.answers import from_form, offered
from labeling.web.requests import SignedInRequest, allowed, signed_in
from labeling.web.task_acts import carry_out_and_tell, chosen_tasks, page_behind, refuse, ticked_tasks
from labeling.web.task_query import ExplorerRequest, sorts_for
from labeling.web.toasts import notify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.kinds.schema import Question, Schema
    from labeling.models import User

PAGE = 50
COLUMNS: dict[str, str] = {
    "state": "State",
    "labels": "Labels",
    "source": "Label source",
    "split": "Split",
    "external_id": "External id",
    "flags": "Open flags",
    "meta": "Metadata",
    "reason": "Why in the queue",
    "agreement": "Agreement of people",
    "added": "Added",
}
SHOWN_AT_FIRST = ("state", "labels", "split", "external_id", "flags")
MOST_OPTIONS = 200
"""Labels listed in a filter; of more, the name is typed."""


def _look(user: User) -> ExplorerLook:
    """Return how the person likes the explorer to look, with the columns that there are."""
    look = Preferences.load(user.preferences).tasks or ExplorerLook()
    chosen = SHOWN_AT_FIRST if look.columns is None else look.columns
    return look.model_copy(update={"columns": [name for name in COLUMNS if name in chosen]})


def _view(user: User, project: Project) -> str:
    """Return whether the person sees this project's tasks as a table or as a grid."""
    look = Preferences.load(user.preferences).tasks or ExplorerLook()
    return look.views.get(str(project.pk), "table")


@signed_in
@require_GET
def index(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show the tasks that fit."""
    project = project_for(request.user, slug, Action.VIEW)
    may_do = allowed(request, project)
    reviewer = Action.REVIEW in may_do
    asked = ExplorerRequest.from_query(request.GET, reviewer=reviewer)
    hidden = () if reviewer else gold_reads.waiting_for(project, request.user)
    found = explorer_reads.matches(project, replace(asked.wanted, hidden=hidden))
    page = explorer_reads.page(found, sort=asked.sort, cursor=asked.cursor, size=PAGE)
    schema, look = version_reads.schema(project.pk), _look(request.user)
    if asked.wanted.answers and "agreement" not in (look.columns or ()):
        look = look.model_copy(update={"columns": [*(look.columns or ()), "agreement"]})
    values = {
        "project": project,
        "asked": asked,
        "found": found,
        "page": page,
        "rows": explorer_reads.rows(
            project, page.ids, schema=schema, agreement=reviewer and "agreement" in (look.columns or ())
        ),
        "look": look,
        "view": _view(request.user, project),
        "saved": explorer_reads.saved_filters(user=request.user, project=project),
        "can_review": reviewer,
        "can_manage": Action.MANAGE in may_do,
        "has_deleted": Action.MANAGE in may_do and deletion_reads.has_deleted(project),
        "can_export": Action.EXPORT in may_do,
        "counted": explorer_reads.COUNTED,
        **_labeling(request, asked, found, may_do),
        **_choices(project, asked, schema, reviewer=reviewer),
    }
    return render(request, "labeling/tasks/index.html", values)


def _labeling(
    request: SignedInRequest, asked: ExplorerRequest, found: explorer_reads.Matches, may_do: frozenset[Action]
) -> dict[str, Any]:
    """Return whether the person may label from here, and how many of those found wait for them."""
    may_label = Action.ANNOTATE in may_do and found.project.archived_at is None and not request.user.is_service
    blind = Action.REVIEW in may_do or not asked.wanted.tells_of_others
    over = asked.wanted.state in {"labeled", "quarantined"}  # none of these is open to anybody
    offers = may_label and blind and not over and not asked.wanted.is_empty and found.total > 0
    return {
        "can_label": may_label,
        "can_select": may_label or Action.REVIEW in may_do,
        "labels_these": offers,
        "waiting": explorer_reads.count_open(found, request.user) if offers else None,
        "most_waiting": explorer_reads.OPEN_COUNTED,
    }


def _choices(project: Project, asked: ExplorerRequest, schema: Schema, *, reviewer: bool) -> dict[str, Any]:
    people = activity_reads.people_of(project) if reviewer else []
    return {
        "states": explorer_reads.STATE_CHOICES,
        "splits": [(value, words) for value, words in Split.choices if value],
        "sources": LabelSource.choices,
        "reasons": [(reason.name, reason.title) for reason in offered_reasons(also=[asked.wanted.flag])],
        "flagged": _flagged(asked.wanted.flag),
        "decisions": explorer_reads.DECISIONS,
        "comment_filters": explorer_reads.COMMENT_FILTERS,
        "sorts": sorts_for(asked.wanted),
        "people": people,
        "questions": [_label_filter(question, dict(asked.wanted.labels)) for question in schema.questions],
        "columns": {name: words for name, words in COLUMNS.items() if reviewer or name != "agreement"},
        "offered": offered(schema) if reviewer else [],
        "conditions": asked.conditions(schema, {person.pk: str(person) for person in people}),
        "kept_conditions": [(name, said) for name, said in asked.wanted.params() if name in {"similar", "tasks"}],
        "several": _several(schema, asked.wanted.answers, people) if reviewer else [],
        "more_filters": any(
            getattr(asked.wanted, name) for name in ("source", "flag", "annotator", "comments", "meta", "answers")
        ),
    }


def _label_filter(question: Question, wanted: dict[str, str]) -> dict[str, Any]:
    """Return what the filter by one question's label offers; a label that is not offered any more stays choosable."""
    known = explorer_reads.named_labels(question)
    labels = [
        (f"is:{name}", known.get(name, explorer_reads.Chip(name)).title) for name in question.class_names[:MOST_OPTIONS]
    ]
    chosen = wanted.get(question.name, "")
    groups = [(f"in:{path}", path) for path in question.groups[:MOST_OPTIONS]]
    kept = chosen.startswith(("is:", "in:")) and chosen not in dict(labels + groups)
    other = chosen.partition(":")[2] if kept else ""
    return {
        "param": f"label.{question.name}",
        "title": question.title,
        "wanted": chosen,
        "labels": labels,
        "groups": groups,
        "other": other,
    }


def _several(schema: Schema, wanted: str, people: Sequence[User]) -> list[tuple[str, str]]:
    """Return what can be asked about several people's answers, and the condition asked for."""
    offered = []
    for question in schema.questions:
        about = f" ({question.title})" if len(schema.questions) > 1 else ""
        for differ, words in ((None, "Several answers"), (True, "Answers differ"), (False, "Answers are the same")):
            offered.append((str(explorer_reads.Several(question.name, differ=differ)), f"{words}{about}"))
    asked = explorer_reads.several_named(wanted)
    if asked is None or wanted in dict(offered):
        return offered
    return [*offered, (wanted, asked.words({person.pk: str(person) for person in people}).capitalize())]


def _flagged(wanted: str) -> list[tuple[str, str]]:
    """Return the reasons to filter by whether flags wait or were decided, and the one about a question asked for."""
    offered = [(str(explorer_reads.Flagged(reason.name)), reason.title) for reason in offered_reasons()]
    asked = explorer_reads.flagged_named(wanted)
    return offered + ([(wanted, asked.words.capitalize())] if asked and wanted not in dict(offered) else [])


@signed_in
@require_POST
def bulk(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Change the selected tasks, or all that fit the filter; with a way back. Many are changed by a job."""
    project = project_for(request.user, slug, Action.REVIEW)
    back = page_behind(request, slug)
    try:
        wish, ids = _wish(request, project), chosen_tasks(request, project)
        if wish.verb in GOLD_VERBS:
            project_for(request.user, slug, Action.MANAGE)
    except (Invalid, Conflict) as error:
        return refuse(request, error, back=back)
    return carry_out_and_tell(request, project, wish, ids, back=back)


def _queue_of(task_ids: Sequence[int]) -> str:
    if not 1 <= len(task_ids) <= MAX_CHOSEN:
        message = f"Choose at least one task, and at most {MAX_CHOSEN} one by one: a filter may find more."
        raise Invalid(message)
    return urlencode({"tasks": ",".join(map(str, task_ids))})


def _wish(request: SignedInRequest, project: Project) -> BulkWish:
    """Return what the pressed button says: quarantine, restore, split:<name>, label:<question> or …:<answer>."""
    verb, _, rest = request.POST.get("act", "").partition(":")
    match verb:
        case BulkVerb.QUARANTINE:
            return BulkWish(verb=BulkVerb.QUARANTINE, reason=request.POST.get("reason", ""))
        case BulkVerb.RESTORE | BulkVerb.SETTLE | BulkVerb.GOLD | BulkVerb.PLAIN:
            return BulkWish(verb=BulkVerb(verb))
        case BulkVerb.ASK if rest in set(Whom):
            return BulkWish(verb=BulkVerb.ASK, whom=Whom(rest))
        case BulkVerb.SPLIT:
            return BulkWish(verb=BulkVerb.SPLIT, split=rest)
        case BulkVerb.LABEL:
            name, given, answer = rest.partition(":")
            question = version_reads.schema(project.pk).question(name)
            if question is None:
                raise Invalid(f"There is no question “{name[:64]}” in this project any more.")
            value = from_form(question, [answer] if given else request.POST.getlist(f"answer.{name}"))
            return BulkWish(verb=BulkVerb.LABEL, question=name, value=value)
    raise Invalid("Choose what to do with the selected tasks.")


@signed_in
@require_POST
def label_chosen(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Open the label page for the selected tasks, or for all that fit the filter."""
    project = project_for(request.user, slug, Action.ANNOTATE)
    try:
        if request.POST.get("scope") == "matching":
            query = ExplorerRequest.from_query(
                QueryDict(request.POST.get("back", "").lstrip("?")), reviewer=may(request.user, project, Action.REVIEW)
            ).filter_query
        else:
            query = _queue_of(ticked_tasks(request))
    except DomainError as error:
        notify(request, error.message, level=messages.ERROR)
        return redirect(page_behind(request, slug))
    return redirect(f"{reverse('project-label', args=(slug,))}?{query}")


@signed_in
@require_POST
def undo(request: SignedInRequest, slug: str, act_id: int) -> HttpResponseBase:
    """Take an act on many tasks back."""
    act = bulk_act_for(request.user, slug, act_id, Action.REVIEW)
    if act.verb in GOLD_VERBS:
        project_for(request.user, slug, Action.MANAGE)
    back = request.GET.get("back", "")
    try:
        tasks.undo(actor=request.user, act=act)
    except DomainError as error:
        notify(request, error.message, level=messages.WARNING)
    else:
        notify(request, f"Taken back for {act.count:,} task{'' if act.count == 1 else 's'}.")
    inside = reverse("project-overview", args=(slug,))
    return redirect(back if back.startswith(inside) else reverse("project-tasks", args=(slug,)))


@signed_in
@require_POST
def choose_look(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Remember the view of this project, and density and columns of all."""
    project = project_for(request.user, slug, Action.VIEW)
    if (sent := request.POST.get("view")) is not None:
        view: View = "grid" if sent == "grid" else "table"
        preferences.choose_view(user=request.user, project=project, view=view)
    if "columns_sent" in request.POST:
        columns = [name for name in COLUMNS if name in request.POST.getlist("columns")]
        preferences.choose_look(user=request.user, columns=columns, dense=request.POST.get("dense") == "1")
    return redirect(page_behind(request, slug))


@signed_in
@require_POST
def save_filter(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Keep the filter under a name."""
    project = project_for(request.user, slug, Action.VIEW)
    asked = ExplorerRequest.from_query(
        QueryDict(request.POST.get("back", "").lstrip("?")), reviewer=may(request.user, project, Action.REVIEW)
    )
    try:
        kept = explorer.save_filter(
            actor=request.user, project=project, name=request.POST.get("name", ""), query=asked.query
        )
        notify(request, f"The filter “{kept.name}” is kept for you.")
    except Invalid as error:
        notify(request, error.message, level=messages.ERROR)
    return redirect(page_behind(request, slug))


@signed_in
@require_POST
def delete_filter(request: SignedInRequest, slug: str, filter_id: int) -> HttpResponseBase:
    """Forget one of one's own filters."""
    kept = saved_filter_for(request.user, slug, filter_id, Action.VIEW)
    explorer.delete_filter(actor=request.user, kept=kept)
    notify(request, f"The filter “{kept.name}” is deleted.", level=messages.INFO)
    return redirect(page_behind(request, slug))


urlpatterns = [
    path("p/<slug:slug>/tasks/", index, name="project-tasks"),
    path("p/<slug:slug>/tasks/bulk/", bulk, name="project-tasks-bulk"),
    path("p/<slug:slug>/tasks/label/", label_chosen, name="project-tasks-label"),
    path("p/<slug:slug>/tasks/look/", choose_look, name="project-tasks-look"),
    path("p/<slug:slug>/tasks/filters/", save_filter, name="project-filters"),
    path("p/<slug:slug>/tasks/filters/<int:filter_id>/delete/", delete_filter, name="project-filter-delete"),
    path("p/<slug:slug>/acts/<int:act_id>/undo/", undo, name="project-act-undo"),
]
