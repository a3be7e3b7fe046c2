"""The addresses of all pages, read from the URL configuration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

METHODS = ("get", "post", "put", "patch", "delete")
NOT_PAGES = ("api/", "admin/")
"""The API has a walk of its own (tests/labeling/api/test_access.py), Django's administration too (test_admin.py)."""


def patterns(within: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield every address below these as its full route and pattern."""
    for pattern in within:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern.url_patterns, route)
        else:
            yield route, pattern


def named() -> dict[str, URLPattern]:
    """Return every page by its name; one without a name goes by its route."""
    return {
        pattern.name or route: pattern
        for route, pattern in patterns(get_resolver().url_patterns)
        if not route.startswith(NOT_PAGES)
    }


PAGES = named()


def variables(name: str) -> set[str]:
    """Return what the address of a page has in it besides fixed words."""
    return set(PAGES[name].pattern.converters)


ARGUMENTS = {
    ("project-quality-progress", "job_id"): "run_id",
    ("project-schema-undo", "number"): "schema_version",
}
"""Which argument of a world a page takes, where the name of the variable does not say it."""


def argument(name: str, variable: str) -> str:
    """Return which argument of a world stands for a variable of a page's address."""
    return ARGUMENTS.get((name, variable), variable)


def address(name: str, arguments: dict[str, Any]) -> str:
    """Return the address of a page."""
    wanted = {variable: argument(name, variable) for variable in variables(name)}
    missing = set(wanted.values()) - set(arguments)
    assert not missing, f"tests/security/worlds.py has nothing for {sorted(missing)} in the address of “{name}”"
    return reverse(name, kwargs={variable: arguments[key] for variable, key in wanted.items()})
