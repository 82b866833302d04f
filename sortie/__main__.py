"""`sortie` and `python -m sortie`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its status."""
    from sortie.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
