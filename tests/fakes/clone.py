"""A clone whose `scripts/run` installs nothing: the metadata, the scripts, and a Python that only pretends."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON = """#!/bin/sh
# What find_python, venv and pip are asked for, written down.
case "$*" in
    *"fits("*) exec test -e "$FITS" ;;
    *"import numba"*) exit 1 ;;
    "-c "* | "- "*) exit 0 ;;
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && chmod +x "$3/bin/python"
        printf '#!/bin/sh\\necho "sortie $*"\\n' >"$3/bin/sortie" && chmod +x "$3/bin/sortie" ;;
    "-m pip "*) [ ! -e "$INDEX_IS_DOWN" ] || exit 1 ;;
esac
echo "$2" >>"$WRITTEN"
"""


def make_clone(folder: Path) -> tuple[Path, dict[str, str]]:
    """The clone, and what its scripts need in their environment."""
    clone = folder / "clone"
    shutil.copytree(ROOT / "scripts", clone / "scripts", ignore=shutil.ignore_patterns("*.py", "benchmarks"))
    for watched in ("autopilot/control", "autopilot/interface", "sitl/kernel", "sitl/camera"):
        (clone / watched).mkdir(parents=True)
    (clone / "mavlink_bridge" / "services" / "telemetry").mkdir(parents=True)
    for name in ("setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / name, clone)
    python = folder / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    return clone, {
        "PYTHON": str(python),
        "WRITTEN": str(folder / "written"),
        "INDEX_IS_DOWN": str(folder / "down"),
        "FITS": str(folder / "fits"),
    }
