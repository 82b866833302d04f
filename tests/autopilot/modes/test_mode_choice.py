"""Changing modes: docs/reference/ground-stations.md, 3.2, 3.4."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from autopilot.context.events import ModeChanged
from autopilot.core.wiring import NothingStored
from autopilot.interface.reasons import ModeReason
from autopilot.interface.targets import Hold, Idle, Pilot, PilotKind
from autopilot.mav import Result
from autopilot.vehicles.kinds import vehicle_class
from autopilot.vehicles.mode_table import COPTER_MODES, ROVER_MODES
from tests.fakes.core_bench import Bench, takeoff, waypoint


def test_a_copter_starts_in_stabilize_and_a_rover_in_hold() -> None:
    assert (Bench().core.modes.number, Bench().core.modes.spec.name) == (0, "STABILIZE")
    assert (Bench("rover").core.modes.number, Bench("rover").core.modes.spec.name) == (4, "HOLD")


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0, "STABILIZE"),
        (2, "ALT_HOLD"),
        (4, "GUIDED"),
        (5, "LOITER"),
        (6, "RTL"),
        (9, "LAND"),
        (16, "POSHOLD"),
        (17, "BRAKE"),
    ],
)
def test_each_mode_can_be_entered_in_the_air(number: int, name: str) -> None:
    bench = Bench()
    bench.airborne()
    assert bench.core.modes.set(number, bench.now_ms).ok
    assert (bench.core.modes.number, bench.core.modes.spec.name) == (number, name)


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0, "MANUAL"),
        (1, "ACRO"),
        (3, "STEERING"),
        (5, "LOITER"),
        (7, "SIMPLE"),
        (9, "CIRCLE"),
        (11, "RTL"),
        (15, "GUIDED"),
    ],
)
def test_each_rover_mode_can_be_entered(number: int, name: str) -> None:
    bench = Bench("rover")
    assert bench.core.arming.arm(bench.now_ms).ok
    assert bench.core.modes.set(number, bench.now_ms).ok
    assert (bench.core.modes.number, bench.core.modes.spec.name) == (number, name)


@pytest.mark.parametrize("number", [13, 15, 28])
def test_a_mode_that_is_not_flown_is_refused_by_name(number: int) -> None:
    bench = Bench()
    assert bench.core.modes.set(number, bench.now_ms).result is Result.FAILED
    assert f"Mode change to {vehicle_class('copter').modes.name_of(number)} failed: not available" in bench.texts
    assert bench.core.modes.number == 0


def test_an_unknown_number_is_no_mode() -> None:
    bench = Bench()
    assert bench.core.modes.set(99, bench.now_ms).result is Result.FAILED
    assert "No such mode 99" in bench.texts


@pytest.mark.parametrize("cause", [ModeReason.GCS_FAILSAFE, ModeReason.FAILSAFE, ModeReason.TERRAIN_FAILSAFE])
def test_after_a_failsafe_the_mode_that_was_asked_for_is_still_the_intended_one(cause: ModeReason) -> None:
    """CURRENT_MODE.intended_custom_mode: what a person asked for last."""
    bench = Bench()
    bench.airborne()
    assert bench.core.modes.set(6, bench.now_ms, cause).ok
    assert (bench.core.modes.number, bench.core.modes.intended) == (6, 4)


def test_the_same_mode_again_succeeds_without_effect() -> None:
    bench = Bench()
    bench.airborne()
    bench.core.modes.set(5, bench.now_ms)
    targets, changes = len(bench.vehicle.targets), len(bench.events(ModeChanged))
    assert bench.core.modes.set(5, bench.now_ms).ok
    assert (len(bench.vehicle.targets), len(bench.events(ModeChanged))) == (targets, changes)


@pytest.mark.parametrize("number", [3, 4, 5, 6, 16, 17])
def test_modes_that_need_a_position_are_refused_without_one_while_armed(number: int) -> None:
    bench = Bench(parameters={"FS_EKF_ACTION": 0})
    bench.core.modes.set(2, bench.now_ms)
    bench.core.arming.arm(bench.now_ms)
    bench.vehicle.lose_position()
    bench.run(0.1)
    outcome = bench.core.modes.set(number, bench.now_ms)
    assert outcome.result is Result.FAILED
    assert outcome.reason.endswith("failed: requires position")
    assert bench.core.modes.number == 2


def test_a_disarmed_copter_may_choose_guided_before_it_has_a_position() -> None:
    bench = Bench()
    bench.vehicle.lose_position()
    bench.run(0.1)
    assert bench.core.modes.set(4, bench.now_ms).ok


@pytest.mark.parametrize(("number", "kind"), [(0, PilotKind.STABILIZE), (2, PilotKind.ALT_HOLD), (5, PilotKind.LOITER)])
def test_pilot_modes_hand_the_sticks_to_the_vehicle(number: int, kind: PilotKind) -> None:
    bench = Bench()
    bench.airborne()
    bench.core.modes.set(number, bench.now_ms)
    assert bench.vehicle.target == Pilot(kind, over_surface=kind is not PilotKind.STABILIZE)


def test_brake_stops_in_the_air_and_stays_idle_on_the_ground() -> None:
    bench = Bench()
    bench.core.modes.set(17, bench.now_ms)
    assert bench.vehicle.target == Idle()
    bench = Bench()
    bench.airborne()
    bench.core.modes.set(17, bench.now_ms)
    assert bench.vehicle.target == Hold(hard=True)


def test_land_comes_down_where_it_is_and_disarms() -> None:
    bench = Bench()
    bench.airborne()
    assert bench.core.commands.land(bench.now_ms).ok
    assert (bench.core.modes.number, bench.core.modes.mode.is_landing) == (9, True)
    bench.run(60.0, lambda: not bench.core.facts.armed)
    assert not bench.core.facts.armed
    assert bench.position == (0.0, 0.0, 0.0)


def test_land_on_the_ground_disarms() -> None:
    bench = Bench()
    bench.core.arming.arm(bench.now_ms)
    bench.core.modes.set(9, bench.now_ms)
    bench.run(1.0)
    assert not bench.core.facts.armed


def test_a_takeoff_in_loiter_is_flown_and_then_the_sticks_have_it_again() -> None:
    bench = Bench()
    bench.core.modes.set(5, bench.now_ms)
    bench.core.arming.arm(bench.now_ms)
    assert bench.core.commands.takeoff(6.0).ok
    bench.run(20.0)
    assert bench.position[2] < -5.5
    assert bench.vehicle.target == Pilot(PilotKind.LOITER, over_surface=True)


def test_tables_know_every_number_that_they_fly() -> None:
    for kind, table in (("copter", COPTER_MODES), ("rover", ROVER_MODES)):
        for number, spec in table.items():
            assert vehicle_class(kind).modes.name_of(number) == spec.name


@pytest.mark.parametrize(
    ("kind", "wanted", "flown"),
    [("copter", 5, 5), ("copter", 4, 4), ("copter", 2, 2), ("rover", 0, 0), ("rover", 15, 15), ("rover", 5, 5),
     ("copter", 6, 0), ("copter", 9, 9), ("copter", 3, 0), ("copter", 99, 0), ("rover", 11, 4), ("rover", 10, 4)],
)  # fmt: skip
def test_the_first_mode_is_a_parameter(kind: str, wanted: int, flown: int) -> None:
    """INITIAL_MODE; one that a vehicle cannot stand in (RTL, AUTO without a mission) is the usual one."""
    assert Bench(kind, parameters={"INITIAL_MODE": wanted}).core.modes.number == flown


def test_it_may_start_in_auto_with_a_mission() -> None:
    """BootInAUTO: and then it flies when it is armed there."""

    class Kept(NothingStored):
        plans = MappingProxyType({0: (takeoff(), waypoint(20, 0))})

    bench = Bench(stored=Kept(), parameters={"INITIAL_MODE": 3, "AUTO_OPTIONS": 3})
    assert bench.core.modes.number == 3
    assert bench.core.arming.arm(bench.now_ms).ok
    bench.run(60.0, lambda: 1 in bench.reached)
    assert 1 in bench.reached
