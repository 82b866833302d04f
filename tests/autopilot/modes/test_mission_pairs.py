"""Two features of a mission together that each work alone, flown on the simulated copter."""

from __future__ import annotations

from autopilot.mission.events import CurrentChanged
from tests.fakes.core_bench import item, takeoff, waypoint
from tests.fakes.sim_copter import on_mission


def test_a_waypoint_without_a_place_behind_a_takeoff_is_flown_to() -> None:
    """Its place is the vehicle's, beside the takeoff's (ModeAuto::do_nav_wp). It was reached within a tick, so that no
    station saw its number (ArduPilot's test clear_roi)."""
    bench = on_mission([takeoff(20.0), item(16, up=20.0), waypoint(200, 0, 20.0)])
    bench.run(60.0, lambda: 2 in bench.reached)
    current = {event.seq: at_ms for at_ms, event in bench.log if isinstance(event, CurrentChanged)}
    assert current[3] - current[2] > 1000
