"""A folder that looks like a build of PX4 SITL, whose binary is a stand-in."""

from __future__ import annotations

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_SCRIPT = """#!/bin/sh
cd {root} && exec {python} -m {program} "$@"
"""


def build(folder: Path, program: str) -> Path:
    """The binary of this build, which runs the module `program`."""
    path = folder / "bin" / "px4"
    path.parent.mkdir(parents=True)
    path.write_text(_SCRIPT.format(root=_ROOT, python=sys.executable, program=program))
    path.chmod(0o755)
    (folder / "etc").mkdir()
    return path
