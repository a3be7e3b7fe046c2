"""Reading the guideline: published versions, rendered safely."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import nh3
from markdown_it import MarkdownIt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from labeling.errors import Invalid, NotFound, Problem
from labeling.models import GuidelineVersion

if TYPE_CHECKING:
    from labeling.models import Project

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
    return nh3.clean(
        _MARKDOWN.render(markdown),
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
