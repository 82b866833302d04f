"""The C compiler of this machine, which links for it. Asked before anything is installed: imports nothing else."""

from __future__ import annotations

import shutil


def own_linker() -> str | None:
    """Path of an installed linker; None: there is none, and ziglang has to link."""
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
