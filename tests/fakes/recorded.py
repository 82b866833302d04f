"""Data in `tests/data`: recorded conversations of QGroundControl, and plan files."""

from __future__ import annotations

import json
import lzma
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data"
PLANS = DATA / "plans"
MORE_PLANS = Path(__file__).parents[3] / "shared" / "data" / "plans"
"""Plan files of other projects, where they lie beside the repository."""


@cache
def conversation(name: str) -> tuple[dict[str, Any], ...]:
    """The messages of `qgc-connect` or `qgc-fly`, in order."""
    lines = lzma.decompress((DATA / f"{name}.jsonl.xz").read_bytes()).decode().splitlines()
    return tuple(json.loads(line) for line in lines)


def plan_files() -> list[Path]:
    """All plan files: ours, then those beside the repository."""
    return [path for folder in (PLANS, MORE_PLANS) for path in sorted(folder.glob("*")) if path.suffix != ".md"]
