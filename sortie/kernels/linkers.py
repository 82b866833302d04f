"""C compiler of this machine, used as linker. Used before anything is installed, so it imports nothing else."""

from __future__ import annotations

import shutil


def own_linker() -> str | None:
    """Return the path of an installed linker; None: ziglang must link."""
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
