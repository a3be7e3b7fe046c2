"""What pages say about work in the background."""

from __future__ import annotations

from django import template

from dcai_web import background

register = template.Library()


@register.simple_tag
def background_trouble() -> str:
    """Return why background work waits; nothing while all is well."""
    return background.trouble()
