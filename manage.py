#!/usr/bin/env python
"""Django's command line, with the embedded servers started where no others are named."""

import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "swms.settings")
    from swms import embedded

    try:
        embedded.ensure()
    except embedded.EmbeddedError as error:
        sys.exit(str(error))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
