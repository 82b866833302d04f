"""setuptools' build backend, which asks for a linker from the package index where this machine has none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403 - the hooks that stay as they are

_LINKERS = ("cc", "gcc", "clang")


def get_requires_for_build_wheel(config_settings: Mapping[str, Any] | None = None) -> list[str]:
    """setuptools' own, and ziglang for another machine's library or where no C compiler is."""
    return [*build_meta.get_requires_for_build_wheel(config_settings), *_linker()]


def get_requires_for_build_editable(config_settings: Mapping[str, Any] | None = None) -> list[str]:
    """As for a wheel."""
    return [*build_meta.get_requires_for_build_editable(config_settings), *_linker()]


def _linker() -> list[str]:
    own = any(shutil.which(name) for name in _LINKERS)
    return [] if own and not os.environ.get("SORTIE_TARGET") else ["ziglang>=0.14"]
