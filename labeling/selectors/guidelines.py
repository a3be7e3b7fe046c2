"""Reading the guideline: published versions, rendered safely."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import nh3
from markdown_it import MarkdownIt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from labeling.errors import Invalid, NotFound, Problem
from labeling.models import GuidelineDraft, GuidelineVersion
from labeling.selectors.paging import Page, keyset

if TYPE_CHECKING:
    from labeling.kinds.schema import Schema
    from labeling.models import Project

VERSIONS_PAGE = 50

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table").enable("strikethrough")
_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip


class Entry(BaseModel):
    """What the guideline says about one label of one question, in Markdown."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(max_length=64)
    label: str = Field(max_length=200)
    definition: str = ""
    use_when: str = ""
    not_when: str = ""


def clean_entries(raw: Iterable[Any], *, longest: int) -> list[dict[str, Any]]:
    """Return the label entries as they are stored; empty ones are left out."""
    kept: dict[tuple[str, str], dict[str, Any]] = {}
    problems = []
    for position, item in enumerate(raw):
        try:
            entry = Entry.model_validate(item)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            problems.append(Problem(f"entries[{position}].{where}", first["msg"]))
            continue
        texts = (entry.definition, entry.use_when, entry.not_when)
        if any(len(text) > longest or "\x00" in text for text in texts):
            problems.append(Problem(f"entries[{position}]", f"Each part has at most {longest:,} characters."))
        elif (entry.question, entry.label) in kept:
            problems.append(Problem(f"entries[{position}]", f"“{entry.label}” is described twice."))
        elif any(text.strip() for text in texts):
            kept[entry.question, entry.label] = {
                name: value.strip() if name not in {"question", "label"} else value
                for name, value in entry.model_dump().items()
            }
    if problems:
        raise Invalid(problems[0].message, problems=problems)
    return list(kept.values())


@lru_cache(maxsize=512)
def render(markdown: str) -> str:
    """Return Markdown as HTML that is safe to show: no scripts, no images, no styles, links open elsewhere."""
    tokens = _MARKDOWN.parse(markdown)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            # The page has the one first-level heading.
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
    return nh3.clean(
        _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}),
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "td": {"align"}, "th": {"align"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def newest(project: Project) -> GuidelineVersion | None:
    """Return the version that holds now."""
    return GuidelineVersion.objects.filter(project=project).select_related("published_by").order_by("-number").first()


def version(project: Project, number: int) -> GuidelineVersion:
    """Return one published version."""
    found = GuidelineVersion.objects.filter(project=project, number=number).select_related("published_by").first()
    if found is None:
        raise NotFound
    return found


def as_document(found: GuidelineVersion | None) -> dict[str, Any]:
    """Return a guideline as the editor shows it beside an item."""
    if found is None:
        return {"version": 0, "published_at": None, "change_note": "", "html": "", "labels": []}
    return {
        "version": found.number,
        "published_at": found.published_at,
        "change_note": found.change_note,
        "html": render(found.body),
        "labels": [
            {
                "question": entry["question"],
                "label": entry["label"],
                "definition_html": render(entry["definition"]),
                "use_when_html": render(entry["use_when"]),
                "not_when_html": render(entry["not_when"]),
            }
            for entry in found.entries
        ],
    }


@dataclass(frozen=True, slots=True)
class LabelPart:
    """What the guideline says about one label, as it was written."""

    question: str
    name: str
    title: str
    color: str
    definition: str = ""
    use_when: str = ""
    not_when: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said yet."""
        return not (self.definition or self.use_when or self.not_when)

    @property
    def definition_html(self) -> str:
        """The definition as safe HTML."""
        return render(self.definition)

    @property
    def use_when_html(self) -> str:
        """When to use the label, as safe HTML."""
        return render(self.use_when)

    @property
    def not_when_html(self) -> str:
        """When not to use the label, as safe HTML."""
        return render(self.not_when)


@dataclass(frozen=True, slots=True)
class QuestionPart:
    """The labels of one question, in the order of the schema."""

    name: str
    title: str
    labels: list[LabelPart]


def parts(schema: Schema, entries: Iterable[dict[str, Any]]) -> list[QuestionPart]:
    """Return what the guideline says about every label of the schema; questions without labels are left out."""
    said = {(entry["question"], entry["label"]): entry for entry in entries}
    found = []
    for question in schema.questions:
        labels = [
            LabelPart(
                question=question.name,
                name=option.name,
                title=option.title,
                color=option.color,
                **{
                    key: said.get((question.name, option.name), {}).get(key, "")
                    for key in ("definition", "use_when", "not_when")
                },
            )
            for option in (question.options if question.behavior.NAMES == "labels" else ())
        ]
        if labels:
            found.append(QuestionPart(name=question.name, title=question.title or question.name, labels=labels))
    return found


def draft(project: Project) -> GuidelineDraft:
    """Return what managers edit."""
    return GuidelineDraft.objects.select_related("updated_by").get(project=project)


def differs(drafted: GuidelineDraft, published: GuidelineVersion | None) -> bool:
    """Return whether the draft says something that is not published."""
    if published is None:
        return bool(drafted.body.strip() or drafted.entries)
    return drafted.body != published.body or drafted.entries != published.entries


def published(project: Project, *, q: str = "", cursor: str = "", oldest_first: bool = False) -> Page[GuidelineVersion]:
    """Return a page of published versions."""
    found = GuidelineVersion.objects.filter(project=project).select_related("published_by").defer("body", "entries")
    if q:
        found = found.filter(change_note__icontains=q)
    return keyset(found, order="number" if oldest_first else "-number", cursor=cursor, size=VERSIONS_PAGE)


def merged(entries: Sequence[dict[str, Any]], sent: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return entries with those that were sent in place of the old ones; what was not sent stays."""
    written = {(entry["question"], entry["label"]) for entry in sent}
    return [entry for entry in entries if (entry["question"], entry["label"]) not in written] + list(sent)
