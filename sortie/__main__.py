"""`sortie` and `python -m sortie`."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType


class Interrupted(KeyboardInterrupt):
    """Ctrl-C. A class of its own because CPython, when a plain KeyboardInterrupt passes through an `exec` of text (each
    dataclass that is being imported is one), ends the process by the signal itself although it was caught."""


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Interrupted


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


def main() -> None:
    """Run the command line and exit with its status: 0 after SIGTERM, 130 after Ctrl-C, from the first moment on."""
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _interrupt)
    try:
        from sortie.commands.cli import run

        status = run(sys.argv[1:])
    except KeyboardInterrupt:
        status = 130
    from sortie.runtime.loader import LOADER

    if any(thread.name == LOADER for thread in threading.enumerate()):
        # Stopped while the kernel is being compiled, which nothing can interrupt: everything of ours is closed by now,
        # and the interpreter must not be taken down around the compiler.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    main()
