"""All cases in their order: first those that change nothing, last those that fly."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from importlib import import_module
from typing import Final

from sortie.conform.case import Chapter, ConformityCase

_MODULES: Final = (
    "identity", "framing", "commands", "parameters", "plan_uploads", "plan_downloads", "streams", "telemetry", "ftp",
    "ftp_writes", "files", "components", "flight",
)  # fmt: skip


def chapters() -> list[Chapter]:
    return [chapter for name in _MODULES for chapter in import_module(f"{__name__}.{name}").CHAPTERS]


def all_cases() -> list[ConformityCase]:
    return [case for chapter in chapters() for case in chapter.cases]


def chosen(patterns: Sequence[str]) -> list[ConformityCase]:
    """Return the cases whose names match one of `patterns`: a name, its beginning up to a dot, or with * and ?. All
    without patterns."""
    return [
        case
        for case in all_cases()
        if not patterns
        or any(fnmatchcase(case.name, pattern) or case.name.startswith(pattern + ".") for pattern in patterns)
    ]
