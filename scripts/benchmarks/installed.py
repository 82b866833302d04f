"""What a person waits for first: to the end of a first flight, from a clone and from a wheel; what is on disk then."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

_ROOT = Path(__file__).resolve().parents[2]
_FLIGHT = ("demo", "--once", "--speedup", "0")


def fresh_clone() -> float:
    """Seconds of `scripts/run demo --once --speedup 0` in a clone of what is committed: no environment, no caches, the
    package index as it is reached from here."""
    with TemporaryDirectory(prefix="sortie-bench-") as folder:
        clone = _clone(Path(folder))
        began_s = time.perf_counter()
        _run(Path(folder), clone / "scripts" / "run", *_FLIGHT)
        return time.perf_counter() - began_s


@cache
def fresh_wheel() -> tuple[float, float, float]:
    """(s, MB, MB): `pip install` of the wheel into an empty environment to the end of a flight; the environment then,
    with pip and bytecode; the wheel. The environment is empty before the clock starts, the wheel made."""
    with TemporaryDirectory(prefix="sortie-bench-") as place:
        folder = Path(place)
        clone, empty = _clone(folder), folder / "environment"
        compiled = _ROOT / "autopilot" / "compiled"
        if compiled.is_dir():
            shutil.copytree(compiled, clone / "autopilot" / "compiled", dirs_exist_ok=True)
        _run(folder, sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder / "dist", clone)
        (wheel,) = (folder / "dist").glob("*.whl")
        _run(folder, sys.executable, "-m", "venv", empty)
        programs = empty / "bin"
        began_s = time.perf_counter()
        _run(folder, programs / "python", "-m", "pip", "install", "--quiet", "--no-cache-dir", wheel)
        _run(folder, programs / "sortie", *_FLIGHT)
        took_s = time.perf_counter() - began_s
        on_disk = sum(file.lstat().st_blocks * 512 for file in empty.rglob("*"))
        return took_s, on_disk / 1e6, wheel.stat().st_size / 1e6


def _clone(folder: Path) -> Path:
    _run(folder, "git", "clone", "--quiet", _ROOT, folder / "clone")
    return folder / "clone"


def _run(folder: Path, *command: str | Path) -> None:
    """RuntimeError with what it said when it fails. Nothing of this environment reaches it, nothing is cached."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_", "SORTIE_"))}
    kept |= {"PIP_CACHE_DIR": str(folder / "pip"), "XDG_STATE_HOME": str(folder / "state")}
    done = subprocess.run([str(word) for word in command], cwd=folder, env=kept, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: {done.stderr[-2000:]}")
