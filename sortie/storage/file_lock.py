"""Lock on an open file for one process. The system releases it at any end of the process."""

from __future__ import annotations

import os
import sys

if sys.platform == "win32":
    import msvcrt

    # A byte far behind the end of the file, so that reading is not blocked.
    _AT = 1 << 30
    NO_LINK = 0

    def lock(descriptor: int) -> None:
        """Lock the file for this process. OSError when another one has it."""
        here = os.lseek(descriptor, 0, os.SEEK_CUR)
        os.lseek(descriptor, _AT, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, here, os.SEEK_SET)

else:
    import fcntl

    NO_LINK = os.O_NOFOLLOW
    """Flag of `os.open` for a file that is written over: a link to somebody's file is refused."""

    def lock(descriptor: int) -> None:
        """Lock the file for this process. OSError when another one has it."""
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
