"""What an annotator sees first in a project: what to do, by which rule, how much waits, and how far they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.models.preferences import Preferences, key_words
from labeling.selectors import activity as activity_reads
from labeling.selectors import guidelines as guideline_reads
from labeling.selectors import people as people_reads
from labeling.selectors import progress as progress_reads
from labeling.selectors import queues as queue_reads
from labeling.selectors import versions as version_reads

if TYPE_CHECKING:
    from labeling.kinds.protocol import Option
    from labeling.kinds.schema import Question
    from labeling.models import GuidelineVersion, Project, User
    from labeling.selectors.activity import Line
    from labeling.selectors.progress import Counts, PersonProgress

LABELS_SHOWN = 30
"""Labels of a question that the page names: those beyond have no key by themselves."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in short: the labels it offers, how many more there are, or what an answer is."""

    title: str
    options: tuple[Option, ...]
    more: int
    about: str


@dataclass(frozen=True, slots=True)
class FirstPage:
    """The project as one of its annotators needs it; of all people's work only their own.

    Attributes
    ----------
    mine
        What they have answered; None before their first answer.
    managers
        Whom to ask.
    lines
        What they did last.
    keys
        The key of every action of the label page, as it is printed on the keyboard.
    many_at_once
        Whether one key is a whole answer, so that many tasks can be given it at once.
    """

    counts: Counts
    waiting: int
    today: int
    mine: PersonProgress | None
    questions: list[Asked]
    guideline: GuidelineVersion | None
    managers: list[User]
    lines: list[Line]
    keys: dict[str, str]
    many_at_once: bool

    @property
    def waiting_words(self) -> str:
        """How much waits, capped."""
        return queue_reads.capped(self.waiting) or "0"


def first_page_for(user: User, project: Project) -> FirstPage:
    """Return what the first page of a project tells an annotator."""
    schema = version_reads.schema(project.pk)
    return FirstPage(
        counts=progress_reads.counts([project.pk])[project.pk],
        waiting=queue_reads.waiting_for(user, [project.pk])[project.pk],
        today=progress_reads.answered_today(project, user),
        mine=progress_reads.progress_of_person(project, user),
        questions=[_asked(question) for question in schema.questions],
        guideline=guideline_reads.newest(project),
        managers=people_reads.managers_of(project),
        lines=activity_reads.lines(activity_reads.activity(project, answers_of=user, person=user.pk, size=8).rows),
        keys={action: key_words(key) for action, key in Preferences.load(user.preferences).all_keys.items()},
        many_at_once=schema.one_key_answers,
    )


def _asked(question: Question) -> Asked:
    return Asked(
        title=question.title or question.name,
        options=question.options[:LABELS_SHOWN],
        more=max(0, len(question.options) - LABELS_SHOWN),
        about=question.behavior.ABOUT,
    )
