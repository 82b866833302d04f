"""setuptools' build backend, which asks for a linker from the package index where this machine has none."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403 - the hooks that stay as they are

sys.path.insert(0, str(Path(__file__).parents[2]))

from sortie.kernels.linkers import own_linker


def get_requires_for_build_wheel(config_settings: Mapping[str, Any] | None = None) -> list[str]:
    """setuptools' own, and ziglang for another machine's library or where no C compiler is."""
    return [*build_meta.get_requires_for_build_wheel(config_settings), *_linker()]


def get_requires_for_build_editable(config_settings: Mapping[str, Any] | None = None) -> list[str]:
    """As for a wheel."""
    return [*build_meta.get_requires_for_build_editable(config_settings), *_linker()]


def _linker() -> list[str]:
    return [] if own_linker() and not os.environ.get("SORTIE_TARGET") else ["ziglang>=0.14"]
