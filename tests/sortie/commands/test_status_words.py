"""What `sortie status` shows a person has units."""

from __future__ import annotations

import pytest

from sortie.commands.status import with_unit


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("battery_percent", 100, ("battery", "100 %")),
        ("countdown_s", 60, ("countdown", "60 s")),
        ("countdown_s", None, ("countdown", "-")),
        ("height_m", -0.02, ("height", "0.0 m")),
        ("alt_m", 583.979, ("alt", "584.0 m")),
        ("lat", -35.3632581, ("lat", "-35.3632581")),
        ("armed", True, ("armed", "yes")),
        ("mode", None, ("mode", "-")),
    ],
)
def test_a_fact_is_shown_with_its_unit(name, value, shown) -> None:
    """It was "battery_percent 100" and "height_m 0.023"."""
    assert with_unit(name, value) == shown
