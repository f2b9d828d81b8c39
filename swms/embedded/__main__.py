"""``python -m swms.embedded start|stop|status|reset``, or ``psql``, ``pg_dump``, ``pg_restore`` with arguments."""

import os
import sys

from . import EmbeddedError, of_checkout

CLIENTS = ("psql", "pg_dump", "pg_restore")
USAGE = f"usage: python -m swms.embedded start|stop|status|reset|{'|'.join(CLIENTS)} [arguments]"


def main(arguments: list[str]) -> int:
    """Runs one command; returns the exit status."""
    command, *rest = arguments or [""]
    if command not in ("start", "stop", "status", "reset", *CLIENTS) or (rest and command not in CLIENTS):
        print(USAGE, file=sys.stderr)
        return 2
    try:
        servers = of_checkout()
        if command == "start":
            servers.ensure()
        elif command == "stop":
            servers.stop()
        elif command == "reset":
            servers.reset()
        elif command in CLIENTS:
            servers.ensure(("DATABASE_URL",))
            line, environment = servers.postgres.client(command, rest)
            os.execve(line[0], line, os.environ | environment)
        if command in ("start", "status"):
            for name, value in servers.status().items():
                print(f"{name:13} {value or 'not running'}")
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
