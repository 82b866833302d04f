"""Landings of a plane that are aborted by the way that the mission plans for it (DO_GO_AROUND), and by a switch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autopilot.interface import report
from autopilot.interface.targets import Land, Leg, Sticks, TakeOff
from autopilot.mav import Cmd, VtolState
from autopilot.mission.items import MissionItem
from autopilot.modes.auxiliary import HIGH, LANDING_ABORT, LOW, MIDDLE
from autopilot.vehicles.mode_table import PlaneMode
from tests.fakes.core_bench import Bench, item, waypoint
from tests.fakes.plane_bench import from_the_ground, landing_mission

TOLD = "Landing abort sequence start"


def approaching(*more: MissionItem, **parameters: float) -> Bench:
    """A plane on the slope of its landing; `more`: items behind it."""
    bench = from_the_ground(*landing_mission(), *more, RTL_AUTOLAND=2.0, **parameters)
    bench.run(400.0, lambda: isinstance(bench.vehicle.target, Land))
    bench.run(5.0)
    return bench


def two_ways() -> list[MissionItem]:
    far, near = item(Cmd.DO_GO_AROUND, 4000.0, 0.0), item(Cmd.DO_GO_AROUND, 300.0, 0.0)
    return [far, waypoint(4000.0, 300.0, 80.0), near, waypoint(300.0, 300.0, 80.0)]


def by_switch(bench: Bench) -> None:
    assert bench.core.auxiliary.act(LANDING_ABORT, HIGH).ok


def by_command(bench: Bench) -> None:
    assert bench.core.mission_commands.go_around(120.0).ok


@pytest.mark.parametrize("abort", [by_switch, by_command])
def test_the_mission_goes_on_at_the_nearest_way_that_it_plans(abort: Callable[[Bench], None]) -> None:
    """ArduPlane's trigger_land_abort; it climbed straight ahead and landed again."""
    bench = approaching(*two_ways())
    landing = bench.core.sequencer.current_nav_index()
    abort(bench)
    assert TOLD in bench.texts and bench.core.sequencer.current_nav_index() == landing + 4
    assert isinstance(bench.vehicle.target, Leg) and not bench.core.modes.mode.leads_down


def test_full_throttle_climbs_all_the_same() -> None:
    """ArduPlane's update_flight_stage: the way of the mission is for commands and switches."""
    bench = approaching(*two_ways(), LAND_ABORT_THR=1.0)
    bench.core.sticks.move(Sticks(throttle=1.0), bench.now_ms)
    assert isinstance(bench.vehicle.target, TakeOff) and TOLD not in bench.texts


@pytest.mark.parametrize(("throttle", "aborts"), [(0.89, False), (0.91, True)])
def test_a_throttle_that_is_up_before_the_landing_aborts_it(throttle: float, aborts: bool) -> None:
    """From 90 % on, whenever it was raised (ArduPlane's update_flight_stage)."""
    bench = from_the_ground(*landing_mission(), RTL_AUTOLAND=2.0, LAND_ABORT_THR=1.0, RC_OVERRIDE_TIME=-1.0)
    bench.run(400.0, lambda: bench.core.sequencer.current_nav_index() == 4)
    bench.core.sticks.move(Sticks(throttle=throttle), bench.now_ms)
    assert "Landing aborted via throttle" not in bench.texts
    bench.run(400.0, lambda: isinstance(bench.vehicle.target, Land))
    bench.run(1.0)
    assert isinstance(bench.vehicle.target, TakeOff) is aborts
    assert ("Landing aborted via throttle" in bench.texts) is aborts


def test_a_throttle_that_is_up_aborts_no_landing_on_lift_motors() -> None:
    """LAND_ABORT_THR is of wings: there the throttle may set the sink rate (Q_OPTIONS bit 15)."""
    bench = Bench("quadplane", parameters={"LAND_ABORT_THR": 1.0})
    bench.upload([item(Cmd.NAV_VTOL_TAKEOFF, up=30.0), item(Cmd.NAV_VTOL_LAND)])
    assert bench.core.modes.set(PlaneMode.AUTO, bench.now_ms).ok
    bench.arm()
    bench.run(60.0, lambda: isinstance(bench.vehicle.target, Land))
    landing = bench.vehicle.target
    bench.vehicle.state.report[report.VTOL_STATE] = VtolState.MC
    bench.core.sticks.move(Sticks(throttle=1.0), bench.now_ms)
    assert bench.vehicle.target == landing


def test_without_such_a_way_the_switch_makes_it_climb() -> None:
    bench = approaching()
    for position in (LOW, MIDDLE):
        assert bench.core.auxiliary.act(LANDING_ABORT, position).ok
        assert isinstance(bench.vehicle.target, Land)
    by_switch(bench)
    assert isinstance(bench.vehicle.target, TakeOff) and TOLD not in bench.texts


def test_a_landing_that_has_ended_is_not_aborted() -> None:
    bench = approaching(*two_ways(), LAND_DISARMDELAY=20.0)
    bench.run(200.0, lambda: bench.core.facts.landed)
    assert not bench.core.mission_commands.go_around().ok
    assert TOLD not in bench.texts
