"""Each key of a profile of the loop is read by what flies or decides: a limit that limits nothing is no setting."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

import depot.settings

ROOT = Path(__file__).parents[2]
TABLES = [
    table
    for table in vars(depot.settings).values()
    if isinstance(table, type) and issubclass(table, msgspec.Struct) and table.__module__ == depot.settings.__name__
]
CHECKS_ONLY = ("sortie/loop/profile.py",)
"""Whether a profile makes sense is asked there; that alone is no effect."""


def readers() -> str:
    """The sources of all that may read a setting; tables read their own by `self`."""
    paths = [path for folder in ("depot", "sortie/loop") for path in (ROOT / folder).rglob("*.py")]
    return "\n".join(
        path.read_text(encoding="utf-8") for path in paths if path.relative_to(ROOT).as_posix() not in CHECKS_ONLY
    )


@pytest.fixture(scope="module")
def sources() -> str:
    return readers()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.__name__))
def test_every_setting_is_read(table: type[msgspec.Struct], sources: str) -> None:
    """As an attribute, or by its name."""
    unread = [name for name in table.__struct_fields__ if not re.search(rf"\.{name}\b|\"{name}\"", sources)]
    assert unread == []
