"""A lock on an open file, which belongs to one process and is dropped by the system when that ends, however it ends."""

from __future__ import annotations

import os
import sys

if sys.platform == "win32":
    import msvcrt

    #: One byte far behind the file's end: nobody else is kept from reading what is in it.
    _AT = 1 << 30

    def lock(descriptor: int) -> None:
        """Hold it for this process alone. OSError where another one does."""
        here = os.lseek(descriptor, 0, os.SEEK_CUR)
        os.lseek(descriptor, _AT, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, here, os.SEEK_SET)

else:
    import fcntl

    def lock(descriptor: int) -> None:
        """Hold it for this process alone. OSError where another one does."""
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
