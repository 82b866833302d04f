"""NAV_DELAY's times of day."""

from __future__ import annotations

import pytest

from autopilot.modes.auto_nav import ms_until

NOON = 12 * 3600 * 1000


@pytest.mark.parametrize(
    ("fields", "utc_ms", "wait_s"),
    [
        ((12, 0, 30), NOON, 30.0),
        ((12, 0, 0), NOON, 0.0),
        ((11, 59, 59), NOON, 86399.0),  # tomorrow
        ((13, 0, 0), NOON, 3600.0),
        ((-1, -1, 15), NOON, 15.0),  # the next minute's second 15
        ((-1, -1, 15), NOON + 20_000, 55.0),
        ((-1, 30, 0), NOON, 1800.0),
        ((-1, 30, 0), NOON + 1_900_000, 3500.0),
        ((12, -1, 10), NOON, 10.0),
        ((-1, -1, -1), NOON + 123, 0.0),
        ((0, 0, 5), 24 * 3600 * 1000 - 1000, 6.0),  # over midnight
        ((12, 0, -1), NOON + 20_000, 0.0),  # any second of that minute
    ],
)
def test_the_wait_until_the_next_match(fields: tuple[int, int, int], utc_ms: int, wait_s: float) -> None:
    assert ms_until(*fields, utc_ms) == wait_s * 1000.0


def test_the_day_does_not_matter() -> None:
    assert ms_until(13, 0, 0, NOON) == ms_until(13, 0, 0, NOON + 5 * 86_400_000)
