"""`python -m sortie.kernels`: make the compiled library of this machine, or of all kinds of machines.

Needs numba (extra `jit`); for other machines than this one ziglang too (extra `build`).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from types import TracebackType

from autopilot.control.kernels import fingerprint
from autopilot.control.library import FOLDER, fits, this_target
from sortie.kernels.notes import KernelSources, renew_note
from sortie.kernels.targets import TARGETS


def main() -> int:
    """Build the library. Status 1 with one line when that is impossible."""
    parser = argparse.ArgumentParser(prog="python -m sortie.kernels", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--target", default=this_target(), help="a kind of machine (this one), or all")
    parser.add_argument(
        "--into", type=Path, default=FOLDER, metavar="DIR", help="where to put them (beside the sources)"
    )
    parser.add_argument("--if-needed", action="store_true", help="compile nothing where it fits the code")
    options = parser.parse_args()
    names = [target.name for target in TARGETS if options.target in ("all", target.name)]
    if options.if_needed and names and all(_is_right(name, options.into) for name in names):
        return 0
    try:
        from sortie.kernels.make import make
    except ImportError as error:
        print(f"sortie: no library was compiled: {error.name} is not installed", file=sys.stderr)
        return 1
    from sortie.kernels.linking import NoLinkerError

    try:
        for file in make(options.target, KernelSources.now(), options.into):
            print(file)
    except (NoLinkerError, OSError) as error:
        print(f"sortie: no library was compiled: {error}", file=sys.stderr)
        return 1
    return 0


def _is_right(target: str, folder: Path) -> bool:
    """True if the library fits the sources, perhaps with a new note."""
    return fits(target, fingerprint(), folder) or renew_note(target, KernelSources.now(), folder)


def _say(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Hook of the interpreter that prints nothing after Ctrl-C; the interpreter then ends by the signal, and so does a
    waiting script."""
    if kind is not KeyboardInterrupt:
        sys.__excepthook__(kind, error, trace)


if __name__ == "__main__":
    sys.excepthook = _say
    sys.exit(main())
