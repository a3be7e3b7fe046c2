"""Tags and filters that pages are put together with; the markup is in templates/components/."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django import forms, template
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from labeling.selectors.explorer import Chip

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86_400


@register.simple_tag
def icon(name: str, *, size: int = 20, label: str = "", css: str = "") -> SafeString:
    """Draw an icon of the sprite: `{% icon "flag" size=16 %}`; with `label` it is read aloud, else it is decoration."""
    return _icon(static("icons/sprite.svg"), name, size, label, css)


@lru_cache(maxsize=1000)
def _icon(sprite: str, name: str, size: int, label: str, css: str) -> SafeString:
    classes = f"dc-icon dc-icon-{size} {css}".strip()
    spoken = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html('<svg class="{}" {}><use href="{}#{}"></use></svg>', classes, spoken, sprite, name)


@register.simple_tag
def task_state(state: str, words: str) -> SafeString:
    """Show where a task stands, in a list of many: what labeling/tasks/state.html renders, kept for the next row."""
    return _rendered("labeling/tasks/state.html", static("icons/sprite.svg"), state=state, words=words)


@register.simple_tag
def label_chips(chips: Iterable[Chip]) -> SafeString:
    """Show labels, in a list of many: what components/label_chip.html renders of each, kept for the next row."""
    return SafeString(
        "".join(_rendered("components/label_chip.html", "", title=chip.title, color=chip.color) for chip in chips)
    )


@lru_cache(maxsize=5000)
def _rendered(name: str, sprite: str, **values: str) -> SafeString:
    """Return what a template makes of a few words; `sprite` tells apart what was rendered with other static files."""
    return SafeString(render_to_string(name, values).strip())


@register.simple_block_tag
def dialog(content: str, *, name: str, title: str, key: object = "", wide: bool = False) -> str:
    """Wrap content in a dialog: see components/dialog.html. With `key` (one per row) its name is "name-key"."""
    full = f"{name}-{key}" if key != "" else name
    return render_to_string("components/dialog.html", {"content": content, "name": full, "title": title, "wide": wide})


@register.simple_block_tag
def menu(content: str, *, label: str, icon: str = "", end: bool = False, quiet: bool = False) -> str:
    """Wrap content in a menu that opens on press: see components/menu.html."""
    values = {"content": content, "label": label, "icon": icon, "end": end, "quiet": quiet}
    return render_to_string("components/menu.html", values)


@register.inclusion_tag("components/field.html")
def field(
    bound: forms.BoundField, *, placeholder: str = "", hide_label: bool = False, optional: bool = True
) -> dict[str, Any]:
    """Render a form field with its label, hint and errors: see components/field.html."""
    widget = bound.field.widget
    attrs: dict[str, str | bool] = {"class": f"{_control_class(widget)} {widget.attrs.get('class', '')}".strip()}
    if placeholder:
        attrs["placeholder"] = placeholder
    grouped = isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple)
    return {
        "field": bound,
        "control": bound if grouped else bound.as_widget(attrs=attrs),
        "grouped": grouped,
        "boolean": isinstance(widget, forms.CheckboxInput),
        "hide_label": hide_label,
        "optional": optional and not bound.field.required,
    }


def _control_class(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput):
        return "form-check-input"
    return "form-select" if isinstance(widget, forms.Select) else "form-control"


@register.inclusion_tag("components/bar.html")
def bar(done: float, total: float, *, label: str = "", tone: str = "done", color: str = "") -> dict[str, Any]:
    """Draw a share as a bar: see components/bar.html."""
    share = min(1.0, max(0.0, done / total)) if total else 0.0
    return {"width": f"{share * 100:.2f}", "done": done, "total": total, "label": label, "tone": tone, "color": color}


@register.inclusion_tag("components/sort_header.html", takes_context=True)
def sort_header(
    context: Mapping[str, Any], key: str, label: str, *, numeric: bool = False, wide_only: bool = False
) -> dict[str, Any]:
    """Render a column head that sorts by `?sort=key` and, pressed again, by `?sort=-key`."""
    request: HttpRequest = context["request"]
    current = request.GET.get("sort", context.get("default_sort", ""))
    direction = {key: "ascending", f"-{key}": "descending"}.get(current, "")
    params = request.GET.copy()
    params["sort"] = f"-{key}" if current == key else key
    params.pop("cursor", None)
    css = " ".join(name for name, on in (("dc-num", numeric), ("dc-hide-narrow", wide_only)) if on)
    return {"label": label, "css": css, "direction": direction, "href": f"?{params.urlencode()}"}


@register.filter
def percent(done: float | None, total: float | None) -> str:
    """Write a share in whole percent, never rounding something to nothing or nearly all to all."""
    if not total:
        return "0%"
    share = 100 * (done or 0) / total
    if 0 < share < 1:
        return "<1%"
    return f"{min(round(share), 99) if share < 100 else 100}%"


@register.filter
def figure(number: float | None) -> str:
    """Write a number with thousands separated: 1,234,567."""
    if number is None:
        return "—"
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"


@register.filter
def ago(moment: datetime | None) -> str:
    """Say how long ago something was, in the largest unit that fits."""
    if moment is None:
        return "never"
    seconds = (timezone.now() - moment).total_seconds()
    if seconds < MINUTE:
        return "just now"
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)} min ago"
    if seconds < DAY:
        return f"{int(seconds // HOUR)} h ago"
    days = int(seconds // DAY)
    if days < 30:
        return "yesterday" if days == 1 else f"{days} days ago"
    return f"{timezone.localtime(moment):%b %-d, %Y}"


@register.filter
def duration(span: timedelta | float | None) -> str:
    """Write a length of time with its two largest units: 1 h 20 min."""
    if span is None:
        return "—"
    seconds = int(span.total_seconds() if isinstance(span, timedelta) else span)
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min {seconds % MINUTE} s" if seconds < 10 * MINUTE else f"{seconds // MINUTE} min"
    if seconds < DAY:
        return f"{seconds // HOUR} h {seconds % HOUR // MINUTE} min"
    days, hours = divmod(seconds // HOUR, 24)
    return f"{days} d {hours} h" if days < 10 else f"{days} days"


@register.filter
def initials(person: object) -> str:
    """Return one or two letters that stand for a person."""
    words = str(person).split("@")[0].replace(".", " ").replace("_", " ").split()
    return "".join(word[0] for word in words[:2]).upper() or "?"


@register.filter
def undo_address(tags: str | None) -> str:
    """Return the address an undoable message carries in its tags (see web/toasts.py), or nothing."""
    return next((tag.removeprefix("undo:") for tag in (tags or "").split() if tag.startswith("undo:")), "")


JOB_TITLES = {
    "agreement": "Measuring agreement",
    "import": "Import",
    "export": "Export",
    "media": "Image sizes",
    "thumbnails": "Image sizes",
    "run": "Quality check",
    "bulk": "Change of many tasks",
    "take back": "Undo of a change of many tasks",
}


@register.filter
def job_title(kind: str) -> str:
    """Write the kind of a job as people call it."""
    words = kind.removeprefix("labeling.").removeprefix("quality.").replace("_", " ").replace(".", " ")
    return JOB_TITLES.get(words) or words[:1].upper() + words[1:]
