"""What a person sees first: their projects, what waits in each, and how far each is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.access import ALLOWED, Action, projects_of
from labeling.models import Membership, Role
from labeling.selectors import no_data as no_data_reads
from labeling.selectors import progress as progress_reads
from labeling.selectors import queues as queue_reads
from labeling.selectors.paging import keyset

if TYPE_CHECKING:
    from labeling.models import Project, User
    from labeling.selectors.progress import Counts

PAGE = 24
SORTS = {"name": "name", "created": "created_at"}
"""What projects can be sorted by."""
FIRST_STEPS = 10
"""Answers after which the first steps are no longer shown."""


@dataclass(frozen=True, slots=True)
class Card:
    """One project as its member sees it."""

    project: Project
    role: str
    counts: Counts
    queue: int
    flags: int
    is_importing: bool

    @property
    def role_title(self) -> str:
        """The role in words."""
        return Role(self.role).label

    @property
    def can_annotate(self) -> bool:
        """Whether the person may label here."""
        return Action.ANNOTATE in ALLOWED[self.role] and self.project.archived_at is None

    @property
    def can_manage(self) -> bool:
        """Whether the person may bring data here."""
        return Action.MANAGE in ALLOWED[self.role] and self.project.archived_at is None

    @property
    def can_review(self) -> bool:
        """Whether the person may decide flags here."""
        return Action.REVIEW in ALLOWED[self.role]

    @property
    def queue_words(self) -> str:
        """The queue's size, capped."""
        return queue_reads.capped(self.queue)

    @property
    def flag_words(self) -> str:
        """The number of open flags, capped."""
        return queue_reads.capped(self.flags)


@dataclass(frozen=True, slots=True)
class Home:
    """A page of projects, the one to continue with, and how many answers the first steps still lack."""

    cards: list[Card]
    next_cursor: str
    continue_with: Card | None
    answered: int

    @property
    def is_new(self) -> bool:
        """Whether the person is still at the first steps."""
        return self.answered < FIRST_STEPS

    @property
    def first(self) -> Card | None:
        """The project of the first steps: the one to go on with, else one that has anything in it."""
        return self.continue_with or next((card for card in self.cards if card.counts.total), None)


def home(user: User, *, q: str = "", sort: str = "", archived: bool = False, cursor: str = "") -> Home:
    """Return what the home page shows; the same number of queries for one project and for many."""
    found = projects_of(user).filter(archived_at__isnull=not archived)
    if q:
        found = found.filter(name__icontains=q)
    order = SORTS.get(sort.removeprefix("-"), "name")
    page = keyset(found, order=f"-{order}" if sort.startswith("-") else order, cursor=cursor, size=PAGE)
    ids = [project.pk for project in page.rows]
    roles = dict(Membership.objects.filter(user=user, project_id__in=ids).values_list("project_id", "role"))
    counts, waiting, flags = progress_reads.counts(ids), queue_reads.waiting_for(user, ids), queue_reads.open_flags(ids)
    importing = no_data_reads.importing_among(ids)
    cards = [
        Card(
            project=project,
            role=Role.MANAGER if user.is_superuser else roles[project.pk],
            counts=counts[project.pk],
            queue=waiting[project.pk],
            flags=flags[project.pk] if _reviews(user, roles.get(project.pk)) else 0,
            is_importing=project.pk in importing,
        )
        for project in page.rows
    ]
    return Home(
        cards=cards,
        next_cursor=page.next_cursor,
        continue_with=_continue_with(user, cards),
        answered=progress_reads.answered_by(user, up_to=FIRST_STEPS),
    )


def _reviews(user: User, role: str | None) -> bool:
    return user.is_superuser or (role is not None and Action.REVIEW in ALLOWED[role])


def _continue_with(user: User, cards: list[Card]) -> Card | None:
    """Return the project the person worked in last, if something waits there; else one where something does."""
    open_ones = {card.project.pk: card for card in cards if card.can_annotate and card.queue}
    latest = progress_reads.last_project_of(user, open_ones)
    return open_ones.get(latest) if latest else next(iter(open_ones.values()), None)
