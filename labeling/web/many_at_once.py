"""Many at once: a screen of tasks, of which those selected get one answer with one key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from labeling.access import Action, project_for
from labeling.selectors import no_data as no_data_reads
from labeling.selectors import versions as version_reads
from labeling.services import claims
from labeling.web.annotations import editor_config
from labeling.web.requests import SignedInRequest, signed_in

if TYPE_CHECKING:
    from labeling.kinds.schema import Question, Schema


@signed_in
@ensure_csrf_cookie
@require_GET
def many_at_once(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show the page; where it does not suit the project, say why and lead to labeling one by one."""
    project = project_for(request.user, slug, Action.ANNOTATE)
    if not no_data_reads.has_tasks(project):
        return render(request, "labeling/annotations/no_data.html", {"project": project})
    schema = version_reads.schema(project.pk)
    why_not = why_one_by_one(schema)
    config = {} if why_not else _config(request, schema.questions[0], editor_config(request, project))
    return render(request, "labeling/annotations/many.html", {"project": project, "why_not": why_not, "config": config})


def why_one_by_one(schema: Schema) -> str:
    """Return why tasks of such questions are answered one by one, in words; empty where many can be at once."""
    if schema.one_key_answers:
        return ""
    if len(schema.questions) > 1:
        return f"{len(schema.questions)} questions are asked about each item here, and one key answers one question."
    [question] = schema.questions
    title = question.title or question.name
    return f"“{title}” is not answered by choosing one of its options, so no single key is the whole answer."


def _config(request: SignedInRequest, question: Question, editor: dict[str, Any]) -> dict[str, Any]:
    one_by_one, asked = reverse("project-label", args=(editor["project"]["slug"],)), request.GET.urlencode()
    return editor | {
        "options": [
            {
                "name": option.name,
                "title": option.title,
                "color": option.color,
                "key": option.key,
                "description": option.definition,
                "group": option.group,
                "answer": question.dump_answer(question.parse_words(option.name, None)),
            }
            for option in question.options
        ],
        "most": claims.MAX_ALIKE,
        "filter": asked,
        "one_by_one": f"{one_by_one}?{asked}" if asked else one_by_one,
    }


urlpatterns = [path("p/<slug:slug>/label/many/", many_at_once, name="project-label-many")]
