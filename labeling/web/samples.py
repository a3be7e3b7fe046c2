"""Review by sampling: draw answers at random, say of each whether it is right, see how often they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from labeling.access import Action, answer_review_for, project_for, sample_for
from labeling.errors import DomainError
from labeling.models import AnswerVerdict, SamplePer, SampleWish
from labeling.selectors import activity as activity_reads
from labeling.selectors import reviews as review_reads
from labeling.selectors import samples as sample_reads
from labeling.selectors import versions as version_reads
from labeling.services import returns, sampling
from labeling.web.answers import from_form, offered
from labeling.web.forms import add_problems
from labeling.web.requests import SignedInRequest, page_number, signed_in
from labeling.web.task_page import shown_fields
from labeling.web.toasts import notify

if TYPE_CHECKING:
    from django.http import QueryDict

    from labeling.kinds.schema import Schema
    from labeling.models import AnswerReview, Project

DIGITS = frozenset("1234567890")


class SampleForm(forms.Form):
    """What to draw."""

    per = forms.ChoiceField(label="The same number of answers per", choices=SamplePer.choices)
    each = forms.IntegerField(label="Answers of each", min_value=1, max_value=sampling.MAX_EACH, initial=20)
    person = forms.TypedChoiceField(label="Answers by", coerce=int, empty_value="0", required=False)
    question = forms.ChoiceField(label="Question", required=False)
    label = forms.CharField(label="Label", max_length=200, required=False, help_text="Empty: all labels.")
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="Until", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(person.pk, str(person)) for person in activity_reads.people_of(project)]
        questions = [(question.name, question.title) for question in version_reads.schema(project.pk).questions]
        self.fields["person"].choices = [("", "Everybody"), *people]  # type: ignore[attr-defined]
        self.fields["question"].choices = questions  # type: ignore[attr-defined]

    @property
    def wish(self) -> SampleWish:
        """What to draw, as the service takes it."""
        sent = {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}
        return SampleWish(**sent)


@signed_in
@require_http_methods(["GET", "POST"])
def index(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """List samples; draw one."""
    project = project_for(request.user, slug, Action.REVIEW)
    form = SampleForm(request.POST or None, project=project)
    if request.method == "POST" and form.is_valid():
        try:
            sample = sampling.draw(actor=request.user, project=project, wish=form.wish)
        except DomainError as error:
            add_problems(form, error)
        else:
            return redirect("project-sample-next", slug, sample.pk)
    rows, next_cursor = sample_reads.samples_of(project, cursor=request.GET.get("cursor", ""))
    values = {"project": project, "form": form, "rows": rows, "next_cursor": next_cursor}
    return render(request, "labeling/samples/index.html", values)


@signed_in
@require_GET
def detail(request: SignedInRequest, slug: str, sample_id: int) -> HttpResponseBase:
    """Show how a sample stands, and its answers."""
    sample = sample_for(request.user, slug, sample_id, Action.REVIEW)
    schema = version_reads.schema(sample.project_id)
    every, figures = sample_reads.figures_of(sample, schema)
    asked = {name: request.GET.get(name, "").replace("\x00", "")[:200] for name in ("person", "label", "verdict")}
    person, label, verdict = page_number(asked["person"]), asked["label"], asked["verdict"]
    page = sample_reads.answers_of(
        sample, person=person, label=label, verdict=verdict, cursor=request.GET.get("cursor", "")
    )
    wish = SampleWish.load(sample.wish)
    values = {
        "project": sample.project,
        "sample": sample,
        "words": sample_reads.wish_in_words(wish, schema, {p.pk: p for p in activity_reads.people_of(sample.project)}),
        "every": every,
        "figures": figures,
        "by_label": any(figure.label for figure in figures),
        "by_person": wish.per != SamplePer.LABEL,
        "waits": sample_reads.waiting_answers(sample).count(),
        "page": page,
        "asked": asked,
        "verdicts": AnswerVerdict.choices,
    }
    return render(request, "labeling/samples/detail.html", values)


@signed_in
@require_GET
def next_answer(request: SignedInRequest, slug: str, sample_id: int) -> HttpResponseBase:
    """Show the next answer of a sample that is to be reviewed."""
    sample = sample_for(request.user, slug, sample_id, Action.REVIEW)
    waiting = sample_reads.waiting_answers(sample)
    review = waiting.first()
    if review is None or sample.closed_at is not None:
        return redirect("project-sample", slug, sample.pk)
    schema = version_reads.schema(sample.project_id)
    values = {
        "project": sample.project,
        "sample": sample,
        "card": sample_reads.answer_card(review, schema),
        "review": review,
        "fields": shown_fields(sample.project, schema, review.task),
        "near": review_reads.labeled_neighbors(sample.project, review.task_id),
        "offered": offered(schema),
        "buttons": _buttons(schema, review),
        "waits": waiting.count(),
        "drawn": sample.reviews.count(),
        "last": sample_reads.last_reviewed(sample, request.user),
        "max_note": returns.MAX_NOTE,
    }
    return render(request, "labeling/samples/card.html", values)


def _buttons(schema: Schema, review: AnswerReview) -> list[tuple[str, str, Any]]:
    """Return the other labels as buttons: value, key and chip; none where one press cannot give the answer."""
    asked = offered(schema)
    if len(schema.questions) > 1 or not asked or not asked[0].buttons:
        return []
    question = schema.questions[0]
    keys = {option.name: option.key for option in question.options if option.key and option.key in DIGITS}
    given = review.annotation.answers.get(question.name)
    return [(name, keys.get(name, ""), chip) for name, chip in asked[0].labels if from_form(question, [name]) != given]


@signed_in
@require_POST
def judge(request: SignedInRequest, slug: str, review_id: int) -> HttpResponseBase:
    """Take what the reviewer says of an answer, and go on to the next."""
    review = answer_review_for(request.user, slug, review_id, Action.REVIEW)
    verdict, _, label = request.POST.get("verdict", "").partition(":")
    try:
        sampling.judge(
            actor=request.user,
            review=review,
            verdict=_verdict(verdict),
            version=page_number(request.POST.get("version")),
            answers=_answers(review, label, request.POST) if verdict == AnswerVerdict.CORRECTED else None,
            note=request.POST.get("note", ""),
        )
    except DomainError as error:
        notify(request, error.message, level=messages.WARNING)
    return redirect("project-sample-next", slug, review.sample_id)


def _verdict(raw: str) -> AnswerVerdict:
    return AnswerVerdict(raw) if raw in AnswerVerdict.values else AnswerVerdict.ACCEPTED


def _answers(review: AnswerReview, label: str, sent: QueryDict) -> dict[str, Any]:
    schema = version_reads.schema(review.project_id)
    if label:
        question = schema.questions[0]
        return {question.name: from_form(question, [label])}
    return {
        question.name: from_form(question, sent.getlist(f"answer-{question.name}"))
        for question in schema.questions
        if f"answer-{question.name}" in sent
    }


@signed_in
@require_POST
def undo(request: SignedInRequest, slug: str, sample_id: int) -> HttpResponseBase:
    """Take back what the reviewer said last."""
    sample = sample_for(request.user, slug, sample_id, Action.REVIEW)
    last = sample_reads.last_reviewed(sample, request.user)
    try:
        if last is not None:
            sampling.undo_judgment(actor=request.user, review=last)
            notify(request, "Taken back. The answer is to be reviewed again.")
    except DomainError as error:
        notify(request, error.message, level=messages.WARNING)
    return redirect("project-sample-next", slug, sample.pk)


@signed_in
@require_POST
def close(request: SignedInRequest, slug: str, sample_id: int) -> HttpResponseBase:
    """End a sample, or go on with it."""
    sample = sample_for(request.user, slug, sample_id, Action.REVIEW)
    try:
        sampling.close(actor=request.user, sample=sample, closed=request.POST.get("closed") != "0")
    except DomainError as error:
        notify(request, error.message, level=messages.WARNING)
    return redirect("project-sample", slug, sample.pk)


@signed_in
@require_POST
def withdraw(request: SignedInRequest, slug: str, review_id: int) -> HttpResponseBase:
    """Take back that an answer was sent back."""
    review = answer_review_for(request.user, slug, review_id, Action.REVIEW)
    try:
        returns.withdraw(actor=request.user, review=review)
        notify(request, f"Taken back: it no longer waits for {review.annotator}.")
    except DomainError as error:
        notify(request, error.message, level=messages.WARNING)
    return redirect("project-task", slug, review.task_id)


urlpatterns = [
    path("p/<slug:slug>/review/samples/", index, name="project-samples"),
    path("p/<slug:slug>/review/samples/<int:sample_id>/", detail, name="project-sample"),
    path("p/<slug:slug>/review/samples/<int:sample_id>/next/", next_answer, name="project-sample-next"),
    path("p/<slug:slug>/review/samples/<int:sample_id>/undo/", undo, name="project-sample-undo"),
    path("p/<slug:slug>/review/samples/<int:sample_id>/close/", close, name="project-sample-close"),
    path("p/<slug:slug>/review/answers/<int:review_id>/", judge, name="project-answer-judge"),
    path("p/<slug:slug>/review/answers/<int:review_id>/withdraw/", withdraw, name="project-answer-withdraw"),
]
