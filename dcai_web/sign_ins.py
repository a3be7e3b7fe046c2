"""The application that limits sign-ins, under a name that says so in the administration.

Not in `apps`: with two configurations there, Django would take neither for the frame's.
"""

from axes.apps import AppConfig


class SignInsConfig(AppConfig):  # type: ignore[misc] # it has no types
    """Django-axes, called what it does."""

    verbose_name = "Sign-ins"
