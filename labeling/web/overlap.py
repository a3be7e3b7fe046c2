"""People per task: the rules by which more or fewer people are asked about some tasks of a project."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from labeling.access import Action, project_for
from labeling.errors import Invalid
from labeling.models import MAX_PEOPLE, OverlapRule, Split
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import overlap as overlap_reads
from labeling.services import overlap, projects
from labeling.web.requests import SignedInRequest, signed_in
from labeling.web.toasts import notify

if TYPE_CHECKING:
    from labeling.models import Project

BLANK_ROWS = 2
_SPLITS = (
    ("", "Any split"),
    *((value, name) for value, name in Split.choices if value),
    (explorer_reads.NO_SPLIT, "No split"),
)
_AT = re.compile(r"overlap_rules\[(\d+)\]\.?(.*)")


class RuleForm(forms.Form):
    """One rule; a row without a number of people is none."""

    people = forms.IntegerField(label="People", required=False, min_value=1, max_value=MAX_PEOPLE)
    percent = forms.FloatField(
        label="Random share in %",
        required=False,
        min_value=0.01,
        max_value=100,
        widget=forms.NumberInput({"step": "any"}),
    )
    split = forms.ChoiceField(label="Split", required=False, choices=_SPLITS)
    filter = forms.CharField(label="Filter", required=False, max_length=2_000)

    def rule(self) -> OverlapRule | None:
        """Return the rule of this row."""
        typed = self.cleaned_data
        if not typed.get("people"):
            return None
        # The address of the page of tasks may be pasted whole.
        wanted = typed["filter"].rpartition("?")[2].strip()
        share = (typed["percent"] or 100) / 100
        return OverlapRule(people=typed["people"], share=share, split=typed["split"], filter=wanted)


RuleForms = forms.formset_factory(RuleForm, extra=BLANK_ROWS, max_num=overlap.MAX_RULES, validate_max=True)


@signed_in
@require_http_methods(["GET", "POST"])
def rules(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show and change the rules; what a change would mean is told before it is saved."""
    project = project_for(request.user, slug, Action.MANAGE)
    forms_of_rules = RuleForms(request.POST or None, initial=_initial(project))
    values: dict[str, Any] = {"project": project, "rules": forms_of_rules, "fitting": overlap_reads.fitting(project)}
    status = 200
    if request.method == "POST":
        status = 422
        if forms_of_rules.is_valid():
            rows = [(form, rule) for form in forms_of_rules if (rule := form.rule()) is not None]
            changes = {"overlap_rules": [rule for _, rule in rows]}
            try:
                values["fit"] = overlap.foresee(project, changes)
                if "answered" in request.POST or not values["fit"].changed:
                    projects.update(actor=request.user, project=project, **changes)
                    notify(request, "The rules are saved. Tasks that wait are changed now, if any.")
                    return redirect("project-overlap", slug)
                status = 200
            except Invalid as error:
                _add_problems([form for form, _ in rows], error)
    return render(request, "labeling/projects/overlap.html", values, status=status)


def _initial(project: Project) -> list[dict[str, Any]]:
    return [
        {
            "people": rule.people,
            "percent": None if rule.share == 1 else round(rule.share * 100, 6),
            "split": rule.split,
            "filter": rule.filter,
        }
        for rule in overlap_reads.rules_of(project).rules
    ]


def _add_problems(rows: list[RuleForm], error: Invalid) -> None:
    """Show what is wrong at the rule and the field that it is about."""
    for problem in error.problems:
        at = _AT.fullmatch(problem.path)
        if at is not None:
            rows[int(at[1])].add_error(at[2] or "people", problem.message)


@signed_in
@require_POST
def fit_again(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Have the rules applied to what waits, though they did not change."""
    project = project_for(request.user, slug, Action.MANAGE)
    overlap.start(actor=request.user, project=project)
    notify(request, "Tasks that wait are changed to what the rules say.", level=messages.INFO)
    return redirect("project-overlap", slug)


urlpatterns = [
    path("p/<slug:slug>/settings/people-per-task/", rules, name="project-overlap"),
    path("p/<slug:slug>/settings/people-per-task/again/", fit_again, name="project-overlap-again"),
]
