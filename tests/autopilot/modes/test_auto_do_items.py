"""DO and CONDITION items in flight: what they do, and what they wait for."""

from __future__ import annotations

from math import pi

import pytest

from autopilot.context.events import PayloadAction
from autopilot.context.journal import SaveHome
from autopilot.interface.geo import GeoPoint, to_local
from autopilot.interface.targets import YawMode
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import MissionState
from tests.fakes.core_bench import Bench, item, takeoff, waypoint
from tests.fakes.fake_vehicle import ORIGIN


def flying(*items: MissionItem, timing: float = 1.0, **parameters: float) -> Bench:
    """A bench whose mission has just begun."""
    bench = Bench(parameters={"SRT_MIS_DO_LEG": timing, **parameters})
    bench.begin([takeoff(), *items])
    return bench


def past(bench: Bench, seq: int) -> Bench:
    bench.run(300.0, lambda: seq in bench.reached)
    assert seq in bench.reached
    bench.run(0.2)
    return bench


def test_change_speed_acts_on_the_leg_behind_it() -> None:
    """ArduPilot's timing (docs/catalogue.md, 29)."""
    bench = flying(waypoint(40, 0), item(178, param1=1, param2=4.0), waypoint(40, 40), waypoint(0, 40))
    past(bench, 1)
    assert bench.vehicle.speeds.ground == 10.0
    past(bench, 2)
    assert bench.vehicle.speeds.ground == 4.0


def test_change_speed_acts_on_the_leg_before_it_with_the_seeds_timing() -> None:
    bench = flying(waypoint(40, 0), item(178, param1=1, param2=4.0), waypoint(40, 40), timing=0.0)
    past(bench, 1)
    assert bench.vehicle.speeds.ground == 4.0


@pytest.mark.parametrize(("kind", "speeds"), [(0, (4.0, 2.5, 1.5)), (2, (10.0, 4.0, 1.5)), (3, (10.0, 2.5, 4.0))])
def test_change_speed_of_each_kind(kind: int, speeds: tuple[float, float, float]) -> None:
    bench = past(flying(item(178, param1=kind, param2=4.0), waypoint(40, 0)), 1)
    flown = bench.vehicle.speeds
    assert (flown.ground, flown.up, flown.down) == speeds


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf")])
def test_what_is_no_speed_changes_nothing(speed: float) -> None:
    bench = past(flying(item(178, param1=1, param2=4.0), item(178, param1=1, param2=speed), waypoint(40, 0)), 4)
    assert bench.vehicle.speeds.ground == 4.0


def test_minus_two_is_the_default_speed_again() -> None:
    mission = (item(178, param1=1, param2=4.0), waypoint(40, 0), item(178, param1=1, param2=-2.0), waypoint(40, 40))
    bench = past(flying(*mission), 3)
    assert bench.vehicle.speeds.ground == 10.0


def test_the_missions_speed_ends_with_auto() -> None:
    bench = past(flying(item(178, param1=1, param2=4.0), waypoint(40, 0), waypoint(0, 0.5)), 1)
    bench.run(0.5)
    assert bench.vehicle.speeds.ground == 4.0
    bench.core.modes.set(4, bench.now_ms)
    assert bench.vehicle.speeds.ground == 10.0


def test_a_speed_change_restarts_neither_the_leg_nor_its_hold_time() -> None:
    bench = flying(waypoint(40, 0, param1=10.0), item(178, param1=1, param2=4.0), waypoint(0, 40), timing=0.0)
    past(bench, 1)
    legs = len(bench.vehicle.targets)
    bench.core.commands.change_speed(1, 6.0)
    bench.run(60.0, lambda: bench.core.sequencer.is_holding())
    began = bench.now_ms
    bench.run(3.0)
    bench.core.commands.change_speed(1, 7.0)
    assert len(bench.vehicle.targets) == legs
    bench.run(60.0, lambda: 2 in bench.reached)
    assert bench.now_ms - began == 10_000


def test_set_home_here_and_there() -> None:
    bench = flying(waypoint(40, 0, param1=1.0), item(179, 90.0, 0.0, 3.0, param1=1.0), waypoint(40, 40))
    past(bench, 2)
    home = bench.core.facts.home
    assert home is not None
    assert to_local(ORIGIN, home.lat, home.lon, 0.0)[0] == pytest.approx(40.0, abs=2.5)
    bench = flying(item(179, 70.0, 0.0, 3.0), waypoint(40, 0))
    bench = past(bench, 1)
    home = bench.core.facts.home
    assert home is not None
    assert to_local(ORIGIN, home.lat, home.lon, home.alt) == pytest.approx((70.0, 0.0, -3.0), abs=0.01)


def test_a_home_that_an_item_set_lasts_until_the_next_arming() -> None:
    """It was kept as one that a person sets, over restarts too: the next flight from elsewhere returned there
    (ModeAuto::do_set_home does not lock it)."""
    bench = past(flying(item(179, 70.0, 0.0, 3.0), waypoint(40, 0), item(21)), 4)
    assert not any(isinstance(change, SaveHome) for change in bench.journal.changes)
    bench.run(1.0)
    bench.core.modes.set(4, bench.now_ms)
    bench.arm()
    assert bench.core.facts.home == bench.vehicle.state.place


@pytest.mark.parametrize("command", [195, 201])
def test_a_region_of_interest_turns_the_nose_until_it_ends(command: int) -> None:
    ends = item(197, 10.0, 10.0, 5.0)
    bench = flying(item(command, 100.0, 100.0, 5.0), waypoint(40, 0), ends, waypoint(40, 40), waypoint(0, 40))
    past(bench, 1)
    yaw = bench.vehicle.yaws[-1]
    assert yaw.mode is YawMode.POINT
    assert yaw.point == pytest.approx((100.0, 100.0, -5.0), abs=0.01)
    past(bench, 3)
    assert bench.vehicle.yaws[-1].mode is YawMode.ALONG


def test_an_interest_at_nowhere_ends_it() -> None:
    bench = past(flying(item(201, 90.0, 0.0, 5.0), waypoint(40, 0), item(201), waypoint(40, 40), waypoint(0, 40)), 3)
    assert bench.vehicle.yaws[-1].mode is YawMode.ALONG


@pytest.mark.parametrize("command", [20, 21, 22])
def test_an_interest_ends_where_a_return_a_descent_or_a_takeoff_begins(command: int) -> None:
    """The nose turned to it while the vehicle landed, and on all legs behind a takeoff (ModeRTL::climb_start,
    ModeAuto::land_start, takeoff_start)."""
    bench = flying(item(201, 90.0, 0.0, 5.0), waypoint(40, 0), item(command, up=20.0), waypoint(0, 40))
    assert past(bench, 3).vehicle.target.yaw.mode is YawMode.KEEP
    bench.run(10.0)
    assert bench.vehicle.yaws[-1].mode is not YawMode.POINT


def test_a_servo_is_set_at_once_and_recorded() -> None:
    bench = past(flying(item(183, param1=9, param2=1750), waypoint(40, 0)), 1)
    assert bench.vehicle.outputs == [(9, 1750.0)]
    assert [action.command for action in bench.events(PayloadAction)] == [183]


def test_a_repeated_servo_goes_on_in_the_background() -> None:
    bench = past(flying(item(184, param1=9, param2=1900, param3=2, param4=2.0), waypoint(400, 0)), 1)
    bench.run(10.0)
    assert bench.vehicle.outputs == [(9, 1900.0), (9, 1500.0), (9, 1900.0), (9, 1500.0)]


def test_relays_are_recorded() -> None:
    bench = past(flying(item(181, param1=0, param2=1), item(182, param1=1, param2=2, param3=1.0), waypoint(90, 0)), 1)
    bench.run(10.0)
    switched = [action.params for action in bench.events(PayloadAction)]
    assert switched == [(0.0, 1.0), (1.0, 1.0), (1.0, 0.0), (1.0, 1.0), (1.0, 0.0)]


@pytest.mark.parametrize("command", [203, 206])
def test_camera_items_are_recorded(command: int) -> None:
    bench = past(flying(item(command, param1=25.0), waypoint(40, 0)), 1)
    assert [action.params[0] for action in bench.events(PayloadAction)] == [25.0]


def test_the_fence_is_switched_by_an_item() -> None:
    bench = past(flying(item(207, param1=1.0), waypoint(40, 0)), 1)
    assert bench.core.status.sensors_enabled & 1048576


def test_condition_delay_holds_back_the_next_do_item() -> None:
    bench = flying(item(112, param1=3.0), item(183, param1=9, param2=1750), waypoint(100, 0))
    past(bench, 1)
    began = bench.now_ms - 200
    bench.run(20.0, lambda: bool(bench.vehicle.outputs))
    assert 3000 <= bench.now_ms - began <= 3060


@pytest.mark.parametrize("number", [3.0, -1.0])
def test_an_unknown_order_to_the_fence_does_nothing(number: float) -> None:
    """It switched the fence on, and said that it was disabled."""
    bench = past(flying(item(207, param1=number), waypoint(40, 0), waypoint(0, 0), FENCE_TYPE=1), 3)
    assert not bench.core.fence.enabled
    assert not any("fence" in text for text in bench.texts)


def test_condition_distance_waits_until_the_target_is_near() -> None:
    bench = flying(item(114, param1=30.0), item(183, param1=9, param2=1750), waypoint(100, 0))
    bench.run(60.0, lambda: bool(bench.vehicle.outputs))
    assert 70.0 < bench.position[0] < 71.0


@pytest.mark.parametrize("metres", [0.0, -5.0])
def test_no_target_is_nearer_than_nothing(metres: float) -> None:
    """The next NAV item ends the wait, and what stands behind it is left out (verify_within_distance: nearer than
    max(param1, 0)), as a rehearsal says."""
    bench = past(flying(item(114, param1=metres), item(183, param1=9, param2=1750), waypoint(40, 0), waypoint(0, 0)), 4)
    assert not bench.vehicle.outputs


@pytest.mark.parametrize("hover", [item(22, up=30.0), item(21), item(93, param1=20.0), item(92, param1=1.0)])
def test_an_item_without_a_place_is_near(hover: MissionItem) -> None:
    """Where a copter climbs, lands or waits, its waypoint navigation is at its end (ModeAuto::wp_distance_m)."""
    bench = past(flying(waypoint(40, 0), item(114, param1=5.0), item(183, param1=9, param2=1750), hover), 2)
    assert bench.vehicle.outputs == [(9, 1750)]


def test_condition_yaw_turns_and_then_lets_the_next_item_run() -> None:
    bench = flying(item(115, param1=90.0, param2=20.0, param3=-1.0), item(183, param1=9, param2=1750), waypoint(100, 0))
    bench.run(60.0, lambda: bool(bench.vehicle.outputs))
    yaw = next(yaw for yaw in bench.vehicle.yaws if yaw.mode is YawMode.ANGLE)
    assert (yaw.angle, yaw.rate) == pytest.approx((1.5708, 0.34907), abs=1e-4)
    assert -pi < yaw.turn < -3.0
    assert bench.vehicle.outputs


@pytest.mark.parametrize(("relative", "most"), [(0.0, 1.0), (1.0, 100.0)])
@pytest.mark.parametrize("turns", [1.0, -3.0, 1e6, 1e35])
def test_whole_turns_of_a_condition_yaw_are_limited(turns: float, relative: float, most: float) -> None:
    """The vehicle takes a heading not too many turns away; one of an upload's largest numbers stopped it, and the
    service, for ever."""
    bench = flying(item(115, param1=360.0 * turns, param4=relative), waypoint(100, 0))
    bench.run(10.0)
    yaw = next(yaw for yaw in bench.vehicle.yaws if yaw.mode is YawMode.ANGLE)
    assert abs(yaw.angle) <= 2.0 * pi * most


def test_a_heading_that_is_being_turned_to_is_not_taken_by_the_leg_that_starts_with_it() -> None:
    """With ArduPilot's timing the condition starts in the same call as the next leg, just before it."""
    bench = flying(waypoint(40, 0), item(115, param1=90.0), waypoint(100, 0), waypoint(100, 40))
    bench.run(60.0, lambda: 2 in bench.reached)
    assert bench.vehicle.yaws[-1].mode is YawMode.ANGLE
    bench.run(60.0, lambda: 4 in bench.reached)
    assert bench.vehicle.yaws[-1].mode is YawMode.ALONG


def test_conditions_never_delay_a_nav_item() -> None:
    bench = past(flying(item(112, param1=500.0), waypoint(40, 0), waypoint(40, 40)), 4)
    assert bench.reached == [1, 3, 4]


def test_jumps_are_announced_and_taken() -> None:
    bench = flying(waypoint(30, 0), waypoint(30, 30), item(177, param1=2, param2=2), waypoint(0, 30))
    past(bench, 5)
    assert bench.reached == [1, 2, 3, 2, 3, 2, 3, 5]
    assert "Mission: 4 Jump 1/2" in bench.texts
    assert "Mission: 4 Jump 2/2" in bench.texts


def test_an_endless_jump_says_so() -> None:
    bench = flying(waypoint(30, 0), waypoint(30, 30), item(177, param1=2, param2=-1))
    bench.run(120.0)
    assert "Mission: 4 Jump 1/unlimited" in bench.texts
    assert len(bench.reached) > 10


def test_set_home_item_with_a_home_of_its_own_is_a_place() -> None:
    """Above sea level in frame 0."""
    bench = past(flying(MissionItem(179, 0, x=ORIGIN.lat, y=ORIGIN.lon + 0.001, z=600.0), waypoint(40, 0)), 1)
    assert bench.core.facts.home == GeoPoint(ORIGIN.lat, ORIGIN.lon + 0.001, 600.0)


@pytest.mark.parametrize("turned", [item(201, 20, -50), item(115, param1=90.0)])
def test_the_end_of_a_mission_ends_what_turns_the_nose(turned: MissionItem) -> None:
    """The nose stays as it is (ModeAuto::loiter_start), and a later leg has it in front again."""
    bench = past(flying(waypoint(40, 0), turned), 2)
    assert bench.core.sequencer.state() is MissionState.COMPLETED
    assert bench.vehicle.yaws[-1].mode is YawMode.KEEP
    assert bench.core.mission_commands.set_current(2, reset=True).ok
    assert bench.vehicle.target.yaw.mode is YawMode.ALONG
