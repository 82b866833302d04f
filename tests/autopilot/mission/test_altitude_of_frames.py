"""What a height in a MAV_FRAME means, once for missions, commands, targets and the depot."""

from __future__ import annotations

import pytest

from autopilot.interface.geo import (
    ABOVE_GROUND,
    ABOVE_HOME,
    ABOVE_SEA,
    GLOBAL_FRAMES,
    GeoPoint,
    altitude_amsl,
    height_above_home,
)
from autopilot.mav import Frame

HOME = GeoPoint(-35.0, 149.0, 584.0)


@pytest.mark.parametrize("frame", list(Frame))
def test_a_height_counts_from_the_sea_from_home_or_from_the_ground(frame: Frame) -> None:
    """The frames of docs/reference/mission-semantics.md, 1.1; the ground is 30 m above home."""
    from_home, from_ground = "RELATIVE" in frame.name, "TERRAIN" in frame.name
    expected = 604.0 if from_home else 634.0 if from_ground else 20.0
    assert altitude_amsl(frame, 20.0, HOME, 614.0) == expected
    assert altitude_amsl(frame, 20.0, None, 614.0) == (None if from_home else expected)
    assert altitude_amsl(frame, 20.0, HOME, None) == (None if from_ground else expected)
    assert height_above_home(frame, 20.0, HOME, 614.0) == expected - 584.0
    assert height_above_home(frame, 20.0, HOME) == (20.0 if from_ground else expected - 584.0)


def test_a_frame_counts_from_one_thing() -> None:
    """The three sets are apart, and six frames are global."""
    assert not (ABOVE_SEA & ABOVE_HOME or ABOVE_SEA & ABOVE_GROUND or ABOVE_HOME & ABOVE_GROUND)
    assert sorted(GLOBAL_FRAMES) == [0, 3, 5, 6, 10, 11]
