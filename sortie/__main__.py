"""`sortie` and `python -m sortie`."""

from __future__ import annotations

import signal
import sys
from types import FrameType


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


def main() -> None:
    """Run the command line and exit with its status: 0 after SIGTERM, 130 after Ctrl-C, from the first moment on."""
    signal.signal(signal.SIGTERM, _end)
    try:
        from sortie.cli import run

        status = run(sys.argv[1:])
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


if __name__ == "__main__":
    main()
