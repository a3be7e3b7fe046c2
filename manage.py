#!/usr/bin/env python
"""Run administrative commands."""

import os
import sys

if __name__ == "__main__":
    if sys.argv[1:] in (["up"], ["up", "--reload"]):
        # The supervisor needs nothing of Django, which would cost it a second and 70 MB.
        from dcai_web.ops.supervisor.up import main

        sys.exit(main(sys.argv[2:]))
    from django.core.management import execute_from_command_line

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dcai_web.settings")
    execute_from_command_line(sys.argv)
