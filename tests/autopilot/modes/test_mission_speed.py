"""The mission's speed has one owner: what the sequencer says is what is flown (seed 001, `mission_speed`)."""

from __future__ import annotations

import math

import pytest

from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import MissionState
from tests.fakes.core_bench import Bench, item, takeoff, waypoint

GUIDED, LOITER = 4, 5
COPTER_DEFAULT, ROVER_DEFAULT = 10.0, 2.0  # m/s: WPNAV_SPEED, CRUISE_SPEED


def speed_item(speed: float, kind: float = 1.0) -> MissionItem:
    return item(178, param1=kind, param2=speed)


def begun(*items: MissionItem, kind: str = "copter", until: int = 0, **parameters: float) -> Bench:
    """On the leg behind the items, whose DO items have run."""
    bench = Bench(kind, parameters=parameters)
    start = () if kind == "rover" else (takeoff(),)
    bench.begin((*start, waypoint(20, 0), *items, waypoint(80, 0), waypoint(80, 80)))
    reached = until or (1 if kind == "rover" else 2)
    bench.run(60.0, lambda: reached in bench.reached)
    bench.run(1.0)
    return bench


def agrees(bench: Bench, default: float = COPTER_DEFAULT) -> float | None:
    """The sequencer's mission speed, which is the one that the vehicle was told."""
    said = bench.core.sequencer.mission_speed()
    assert bench.vehicle.speeds.ground == (default if said is None else said)
    return said


@pytest.mark.parametrize(
    ("kind", "expected"), [(0.0, 4.0), (1.0, 4.0), (0.5, 4.0), (math.nan, 4.0), (2.0, None), (3.0, None), (5.0, None)]
)
def test_of_each_kind_of_a_copter(kind: float, expected: float | None) -> None:
    """A fraction is cut, not given is air speed; climb and descent are other speeds, 5 is none."""
    bench = begun(speed_item(4.0, kind))
    assert agrees(bench) == expected
    speeds = bench.vehicle.speeds
    assert (speeds.up == 4.0, speeds.down == 4.0) == (kind == 2.0, kind == 3.0)


@pytest.mark.parametrize("kind", [0.0, 1.0, 2.0, 3.0])
def test_every_kind_is_the_driving_speed_of_a_rover(kind: float) -> None:
    assert agrees(begun(speed_item(4.0, kind), kind="rover"), ROVER_DEFAULT) == 4.0


@pytest.mark.parametrize("speed", [-1.0, 0.0, math.nan, math.inf])
def test_what_is_no_speed_changes_nothing(speed: float) -> None:
    assert agrees(begun(speed_item(6.0), speed_item(speed))) == 6.0


def test_minus_two_is_the_default_again() -> None:
    assert agrees(begun(speed_item(6.0), speed_item(-2.0))) is None


@pytest.mark.parametrize(
    ("kind", "unit", "default"), [("copter", 100.0, COPTER_DEFAULT), ("rover", 1.0, ROVER_DEFAULT)]
)
@pytest.mark.parametrize("speed", [0.0, 3.0])
def test_the_way_back_is_by_the_parameters(kind: str, unit: float, default: float, speed: float) -> None:
    """RTL_SPEED, 0 = the default, climb and descent too, as in ArduPilot: an RTL item ends what a mission has told."""
    told = (speed_item(1.0), speed_item(0.4, 2.0), speed_item(0.3, 3.0))
    bench = Bench(kind, parameters={"RTL_SPEED": speed * unit})
    start = () if kind == "rover" else (takeoff(),)
    bench.begin((*start, *told, waypoint(20, 0), item(20)))
    bench.run(200.0, lambda: bench.core.sequencer.current_nav_index() == len(start) + 5)
    bench.run(0.5)
    assert bench.vehicle.speeds.ground == (speed or default)
    assert (bench.vehicle.speeds.up, bench.vehicle.speeds.down) == (2.5, 1.5)


def test_a_landing_descends_by_the_parameter() -> None:
    """As ArduCopter's; the speed along the track stays for the way there."""
    bench = begun(speed_item(3.0), speed_item(0.3, 3.0))
    assert bench.vehicle.speeds.down == 0.3
    bench.upload((takeoff(), speed_item(3.0), speed_item(0.3, 3.0), waypoint(20, 0), item(21)))
    bench.run(200.0, lambda: bench.core.sequencer.current_nav_index() == 5)
    bench.run(0.5)
    assert (bench.vehicle.speeds.ground, bench.vehicle.speeds.down) == (3.0, 1.5)


def test_a_mission_that_begins_anew_begins_at_the_default() -> None:
    """MISSION_START behind the end of a mission that changed its speed."""
    bench = begun(speed_item(3.0))
    bench.run(200.0, lambda: bench.core.sequencer.state() is MissionState.COMPLETED)
    assert agrees(bench) == 3.0
    assert bench.core.mission_commands.start(bench.now_ms).ok
    assert bench.core.sequencer.state() is MissionState.RUNNING
    assert agrees(bench) is None


def test_after_a_restart_of_the_service_nobody_remembers_a_speed() -> None:
    class Stored:
        plans = {0: (takeoff(), speed_item(3.0), waypoint(40, 0), waypoint(80, 0))}  # noqa: RUF012 - a fixture
        home = None
        progress = (4, int(MissionState.RUNNING))

    bench = Bench(stored=Stored())
    bench.airborne()
    assert bench.core.modes.set(3, bench.now_ms).ok
    bench.run(1.0)
    assert agrees(bench) is None


def test_leaving_auto_ends_it() -> None:
    bench = begun(speed_item(3.0))
    assert bench.core.modes.set(LOITER, bench.now_ms).ok
    assert agrees(bench) is None


def test_a_command_in_auto_is_the_missions_speed_from_then_on() -> None:
    bench = begun(speed_item(3.0))
    assert bench.core.commands.change_speed(1, 7.0).ok
    assert agrees(bench) == 7.0


def test_the_parameter_ends_it() -> None:
    bench = begun(speed_item(3.0))
    assert bench.parameters.set("WPNAV_SPEED", 800)
    assert bench.core.sequencer.mission_speed() is None
    assert bench.vehicle.speeds.ground == 8.0


def test_a_speed_of_guided_is_not_the_missions_and_an_upload_leaves_it() -> None:
    bench = Bench()
    bench.airborne()
    assert bench.core.commands.change_speed(1, 5.0).ok
    bench.upload((takeoff(), waypoint(20, 0)))
    bench.run(0.1)
    assert bench.core.sequencer.mission_speed() is None
    assert bench.vehicle.speeds.ground == 5.0


def test_behind_a_landing_and_a_return_it_flies_at_the_missions_speeds() -> None:
    """They are in force until AUTO is left (ModeAuto::wp_start); a takeoff climbs by the parameter before."""
    speeds = (speed_item(3.0), speed_item(1.0, 2.0))
    bench = Bench(parameters={"MIS_OPTIONS": 4, "RTL_ALT_FINAL": 500, "RTL_SPEED": 800})
    bench.begin([takeoff(), *speeds, waypoint(40, 0), item(21), takeoff(), waypoint(40, 0), item(20), waypoint(90, 0)])
    for seq, flown in ((4, (3.0, 2.5)), (5, (3.0, 2.5)), (6, (3.0, 1.0)), (7, (8.0, 2.5)), (8, (3.0, 1.0))):
        bench.run(200.0, lambda seq=seq: seq in bench.reached)
        assert (bench.vehicle.speeds.ground, bench.vehicle.speeds.up) == flown, seq
