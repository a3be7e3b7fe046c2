"""`python -m tests.template`: make a migrated database for test runs to copy, and print its name."""

from __future__ import annotations

import django
from django.db import connection

NAME = "migrated"


def main() -> None:
    """Make it on the engines that the environment names."""
    django.setup()
    connection.settings_dict["TEST"]["NAME"] = NAME
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()
    print(NAME)  # noqa: T201 - the protocol with engines.share()


if __name__ == "__main__":
    main()
