"""How a copter flies to places of GUIDED. The tracks are ArduCopter 4.7-dev's in its SITL, at seconds after a place was
sent."""

from __future__ import annotations

import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import Leg
from tests.fakes.copter_flight import CopterFlight

Track = list[tuple[float, float, float]]
NEAR_M = 3.5


def check(flight: CopterFlight, place: tuple[float, float], track: Track) -> None:
    """Send it to `place` and compare its way, m north and east from here, with `track` (s, m, m)."""
    north, east = float(flight.report[R.TRUE_N]), float(flight.report[R.TRUE_E])
    flight.copter.set_target(Leg((north + place[0], east + place[1], -20.0), direct=True))
    now = 0.0
    for time, to_north, to_east in track:
        flight.run(time - now)
        now = time
        assert flight.report[R.TRUE_N] - north == pytest.approx(to_north, abs=NEAR_M)
        assert flight.report[R.TRUE_E] - east == pytest.approx(to_east, abs=NEAR_M)


def test_from_rest_it_speeds_up_at_once_and_brakes_gently() -> None:
    """Fails without `aim_at_end`: a leg's profile is 10 m behind after 4 s."""
    flight = CopterFlight()
    flight.take_off()
    check(
        flight, (60.0, 0.0), [(2.3, 5.3, 0.0), (4.3, 19.9, 0.0), (6.3, 37.8, 0.0), (8.3, 51.9, 0.0), (12.0, 60.7, 0.0)]
    )


def test_a_new_place_at_a_right_angle_is_reached_in_one_bend() -> None:
    """Fails without `aim_at_end`: on a straight leg to the place it brakes and turns at once."""
    flight = CopterFlight()
    flight.take_off()
    flight.copter.set_target(Leg((100.0, 0.0, -20.0), direct=True))
    while flight.report[R.GROUND_SPEED] < 8.0:
        flight.run(0.1)
    bend = [
        (1.1, 9.6, 0.2),
        (2.1, 17.9, 2.3),
        (4.1, 30.8, 12.5),
        (6.1, 35.9, 29.1),
        (8.1, 36.3, 45.4),
        (13.0, 36.1, 60.7),
    ]
    check(flight, (36.1, 60.0), bend)
