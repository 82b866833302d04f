"""FOLLOW of the copter and the rover, on the simulator: where it flies beside a vehicle that tells where it is."""

from __future__ import annotations

from math import degrees, pi, radians
from typing import Any

import pytest

from autopilot.interface import report as R
from autopilot.interface.geo import Ned, to_global
from autopilot.interface.targets import Velocity
from autopilot.modes.follow import LeadReport
from sitl.vehicles.rover import SimulatedRover
from tests.fakes.core_bench import Bench
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.sim_copter import LAND, away, ground_speed, height, in_air

FOLLOW, ROVER_FOLLOW = 23, 6
SHIP = {"PLND_ENABLED": 1, "PLND_TYPE": 4, "PLND_OPTIONS": 1, "SIM_PLD_ENABLE": 1}
LEADER = 42


def lead_at(place: Ned, velocity: Ned = (0.0, 0.0, 0.0), heading: float | None = 0.0, **told: Any) -> LeadReport:
    values: dict[str, Any] = {"system": LEADER, "above_home": -place[2], "as_target": False} | told
    return LeadReport(place=to_global(ORIGIN, place), velocity=velocity, heading=heading, **values)


def led(bench: Bench, seconds: float, place: Ned, velocity: Ned = (0.0, 0.0, 0.0), **told: Any) -> Ned:
    """Report twice a second while the other goes on from `place`; where it is in the end."""
    north, east, down = place
    for _ in range(round(2.0 * seconds)):
        bench.core.lead.hear(lead_at((north, east, down), velocity, **told))
        bench.run(0.5)
        north, east, down = (at + 0.5 * speed for at, speed in zip((north, east, down), velocity, strict=True))
    return north, east, down


def following(**parameters: float) -> Bench:
    bench = in_air(10.0, FOLL_ENABLE=1, **parameters)
    assert bench.core.modes.set(FOLLOW, bench.now_ms).ok
    return bench


def yaw_deg(bench: Bench) -> float:
    return degrees(float(bench.vehicle.state.report[R.TRUE_YAW])) % 360.0


def test_it_flies_to_the_place_beside_the_other_and_looks_at_it() -> None:
    bench = following(FOLL_OFS_X=-30, FOLL_OFS_TYPE=1)
    led(bench, 20.0, (50.0, 30.0, -12.0), heading=radians(90.0))
    assert away(bench, 50.0, 0.0) < 1.0
    assert height(bench) == pytest.approx(12.0, abs=1.0)
    assert yaw_deg(bench) == pytest.approx(90.0, abs=5.0)


def test_behind_one_that_moves_it_keeps_its_speed_and_place() -> None:
    bench = following(FOLL_OFS_X=-10)
    north, east, _ = led(bench, 25.0, (10.0, 0.0, -10.0), (3.0, 2.0, 0.0))
    assert ground_speed(bench) == pytest.approx(13.0**0.5, abs=0.3)
    assert away(bench, north - 10.0, east) < 1.5


def test_silence_of_three_seconds_and_one_too_far_away_stop_it() -> None:
    bench = following(FOLL_OFS_X=-10)
    led(bench, 10.0, (30.0, 0.0, -10.0), (4.0, 0.0, 0.0))
    assert ground_speed(bench) > 3.0
    bench.run(8.0)
    assert ground_speed(bench) < 0.3
    led(bench, 6.0, (900.0, 0.0, -10.0))
    assert ground_speed(bench) < 0.3


def test_entered_between_reports_it_flies_to_where_the_other_is_by_then() -> None:
    """The last report is two seconds old, and the other makes 5 m/s."""
    bench = in_air(10.0, FOLL_ENABLE=1, FOLL_OFS_X=-10)
    bench.core.lead.hear(lead_at((30.0, 0.0, -10.0), (5.0, 0.0, 0.0)))
    bench.run(2.0)
    assert bench.core.modes.set(FOLLOW, bench.now_ms).ok
    bench.run(0.1)
    target = bench.core.helm.target
    assert isinstance(target, Velocity) and target.position is not None
    assert target.position[0] == pytest.approx(30.0, abs=0.6)


def test_without_an_offset_it_stays_beside_as_it_began() -> None:
    bench = following()
    led(bench, 15.0, (0.0, 20.0, -10.0), (2.0, 0.0, 0.0))
    assert away(bench, 30.0, 0.0) < 2.0
    assert "N-E-D follow offset loaded" in bench.texts


def test_an_offset_that_is_set_on_the_way_counts_more_than_the_one_it_began_with() -> None:
    bench = following()
    led(bench, 5.0, (0.0, 20.0, -10.0))
    bench.parameters.set("FOLL_OFS_X", -15)
    led(bench, 15.0, (0.0, 20.0, -10.0))
    assert away(bench, -15.0, 20.0) < 2.0


def test_another_system_is_not_followed_and_a_target_counts_more_than_a_position() -> None:
    bench = following(FOLL_SYSID=LEADER, FOLL_OFS_X=-10)
    led(bench, 6.0, (40.0, 0.0, -10.0), system=7)
    assert away(bench) < 1.0
    bench.core.lead.hear(lead_at((0.0, 40.0, -10.0), as_target=True, above_home=None))
    led(bench, 2.5, (80.0, 0.0, -10.0))
    bench.core.lead.hear(lead_at((0.0, 40.0, -10.0), as_target=True, above_home=None))
    bench.run(2.5)
    assert away(bench, -10.0, 40.0) < 25.0
    assert bench.position[1] > 10.0


def test_one_that_was_silent_for_ten_seconds_is_forgotten() -> None:
    """Not sooner: another one is followed in its place from then on."""
    bench = following(FOLL_OFS_X=-10)
    led(bench, 2.0, (10.0, 0.0, -10.0))
    bench.run(7.0)
    led(bench, 1.0, (0.0, 60.0, -10.0), system=7)
    assert away(bench) < 3.0
    bench.run(3.0)
    led(bench, 15.0, (0.0, 60.0, -10.0), system=7)
    assert away(bench, -10.0, 60.0) < 2.0


def test_a_heading_that_is_not_told_gives_no_relative_offset() -> None:
    bench = following(FOLL_OFS_X=-10, FOLL_OFS_TYPE=1)
    led(bench, 5.0, (50.0, 0.0, -10.0), heading=None)
    assert away(bench) < 1.0


@pytest.mark.parametrize(("behaviour", "heading"), [(0, 0.0), (2, 200.0), (3, 90.0)])
def test_the_nose_points_as_the_parameter_says(behaviour: int, heading: float) -> None:
    bench = following(FOLL_OFS_Y=-5, FOLL_YAW_BEHAVE=behaviour)
    led(bench, 12.0, (0.0, 5.0, -10.0), (0.0, 3.0, 0.0), heading=radians(200.0))
    assert (yaw_deg(bench) - heading + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=6.0)


def test_it_is_refused_until_following_is_enabled() -> None:
    bench = in_air(10.0)
    assert not bench.core.modes.set(FOLLOW, bench.now_ms).ok
    assert "Mode change to FOLLOW failed: Set FOLL_ENABLE = 1" in bench.texts


def test_a_rover_drives_after_the_other_and_stops_beside_it() -> None:
    bench = Bench("rover", vehicle=SimulatedRover(ORIGIN, 0.0, 7), parameters={"FOLL_ENABLE": 1, "FOLL_OFS_X": -5})
    bench.run(20.0, lambda: bench.core.prearm.ok)
    assert bench.core.modes.set(ROVER_FOLLOW, bench.now_ms).ok
    bench.arm()
    led(bench, 40.0, (30.0, 10.0, 0.0))
    assert away(bench, 25.0, 10.0) < 2.0
    assert ground_speed(bench) < 0.2
    assert abs(bench.vehicle.state.yaw) < pi


def test_a_rover_far_behind_catches_up_at_its_cruise_speed() -> None:
    """CRUISE_SPEED, and not as FOLL_POS_P would have it 80 m behind."""
    bench = Bench("rover", vehicle=SimulatedRover(ORIGIN, 0.0, 7), parameters={"FOLL_ENABLE": 1, "FOLL_OFS_X": -5})
    bench.run(20.0, lambda: bench.core.prearm.ok)
    assert bench.core.modes.set(ROVER_FOLLOW, bench.now_ms).ok
    bench.arm()
    led(bench, 8.0, (85.0, 0.0, 0.0))
    assert ground_speed(bench) == pytest.approx(bench.core.facts.param("CRUISE_SPEED"), abs=0.3)


def test_it_lands_on_the_ship_that_it_follows() -> None:
    """At 3 m/s: over its deck it looks for the pad, so that the landing knows at once where that goes."""
    speed = 3.0
    bench = following(**SHIP, FOLL_OFS_Z=-8, FOLL_OFS_X=0.01, SIM_PLD_VN=speed)
    for _ in range(30):
        bench.core.lead.hear(lead_at(bench.vehicle.pads.pads(bench.now_ms)[0], (speed, 0.0, 0.0)))
        bench.run(0.5)
    assert bench.core.modes.set(LAND, bench.now_ms).ok
    bench.run(60.0, lambda: bench.vehicle.state.report[R.TRUE_CONTACT] == 1.0)
    north, east, _ = bench.vehicle.pads.pads(bench.now_ms)[0]
    assert north > 80.0
    assert away(bench, north, east) < 0.3
