"""`python -m sortie.kernels`: make the compiled library of this machine, or of all kinds of machines.

Needs numba (extra `jit`); for other machines than this one ziglang too (extra `build`).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from autopilot.control.kernels import fingerprint
from autopilot.control.library import FOLDER, LibraryError, open_library, this_target


def main() -> int:
    """Status 1 where no library can be made, with one line that says why."""
    parser = argparse.ArgumentParser(prog="python -m sortie.kernels", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--all", action="store_true", help="for every kind of machine")
    parser.add_argument(
        "--into", type=Path, default=FOLDER, metavar="DIR", help="where to put them (beside the sources)"
    )
    parser.add_argument("--if-needed", action="store_true", help="do nothing where this machine's fits the sources")
    said = parser.parse_args()
    if said.if_needed and _fits(said.into):
        return 0
    try:
        from sortie.kernels.make import make
    except ImportError as error:
        print(f"sortie: no library was compiled: {error.name} is not installed", file=sys.stderr)
        return 1
    from sortie.kernels.linking import NoLinkerError

    try:
        for file in make(None if said.all else this_target(), fingerprint(), said.into):
            print(file)
    except (NoLinkerError, OSError) as error:
        print(f"sortie: no library was compiled: {error}", file=sys.stderr)
        return 1
    return 0


def _fits(folder: Path) -> bool:
    try:
        open_library(fingerprint(), folder)
    except LibraryError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
