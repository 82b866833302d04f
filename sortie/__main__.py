"""`sortie` and `python -m sortie`."""

from __future__ import annotations

import gc
import os
import sys
import threading

from sortie.config.version import VERSION
from sortie.runtime.signals import LOADER, end_at_once, heard_status
from sortie.runtime.standard_streams import end_streams, prepare_streams


def _run(arguments: list[str]) -> int:
    if arguments == ["--version"]:  # asked by scripts at each step: answered before the table of options is made
        print(f"sortie {VERSION}")
        return 0
    # numpy's linear algebra would begin with a thread and 40 MB of address space for each core; nothing here multiplies
    # matrices worth that, and the sums would depend on the number of cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.disable()  # what is made by imports stays: to look through it again and again is a tenth of a start
    from sortie.commands.cli import run

    return run(arguments)


def main() -> None:
    """Run the command line and exit with its status: 0 after SIGTERM or SIGHUP, 130 after Ctrl-C, from the first
    moment on."""
    end_at_once()
    prepare_streams()
    try:
        status = _run(sys.argv[1:])
    except KeyboardInterrupt:
        status = 130
    except Exception:
        if heard_status() is None:
            raise
        status = 0  # what became of a signal's exception in somebody else's code
    status = end_streams(status)
    ended = heard_status()
    if ended is not None:
        status = ended
    if any(thread.name == LOADER for thread in threading.enumerate()):
        # Stopped while the kernel is being compiled, which nothing can interrupt: everything of ours is closed by now,
        # and the interpreter must not be taken down around the compiler.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    main()
