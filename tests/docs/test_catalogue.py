"""The table of the test catalogue names tests that exist, and no line is lost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.covered import check_covered, rows_of

ROWS = rows_of("catalogue_rows.toml")


def test_every_line_of_the_catalogue_is_there() -> None:
    """69 lines, and the four other lists."""
    lines = [row["name"] for row in ROWS if row["section"] == "catalogue"]
    assert lines == [str(number) for number in range(1, 70)]
    expected = {"safety": 22, "pilots": 9, "rover": 4, "reliability": 8}
    assert {name: sum(row["section"] == name for row in ROWS) for name in expected} == expected


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['section']} {row['name']}")
def test_a_line_is_covered(row: dict[str, Any]) -> None:
    """By at least one test, and each test that it names exists."""
    check_covered(row)
