"""Distances in the flat frame."""

from __future__ import annotations

from autopilot.interface.geo import distance_to_line


def test_the_distance_to_a_line_is_that_of_its_nearest_point() -> None:
    """Beside it, behind each end, and to a line of no length."""
    begin, end = (0.0, 0.0, 0.0), (10.0, 0.0, 0.0)
    assert distance_to_line((5.0, 3.0, 4.0), begin, end) == 5.0
    assert distance_to_line((-3.0, 4.0, 0.0), begin, end) == 5.0
    assert distance_to_line((13.0, 0.0, -4.0), begin, end) == 5.0
    assert distance_to_line((3.0, 4.0), (0.0, 0.0), (0.0, 0.0)) == 5.0
