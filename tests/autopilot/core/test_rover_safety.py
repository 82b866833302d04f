"""The core drives the simulated rover into trouble, in virtual time: each line of safety that a rover has."""

from __future__ import annotations

import pytest

from autopilot.interface.targets import Sticks
from tests.fakes.core_bench import Bench, item, waypoint
from tests.fakes.rover_core import (
    ACRO,
    AUTO,
    GUIDED,
    HOLD,
    LOITER,
    MANUAL,
    RTL,
    SMART_RTL,
    STEERING,
    away,
    driving,
    ready,
    speed,
)

LONG = (waypoint(90, 0, 0), waypoint(1, 1, 0))


def on_its_way(**parameters: float) -> Bench:
    """In AUTO, 8 s on the way to a place 90 m north."""
    bench = ready(WP_SPEED=5.0, **parameters)
    bench.begin(LONG)
    bench.run(8.0)
    assert speed(bench) > 3.0
    return bench


def test_a_rover_has_no_switch_for_what_only_a_copter_does() -> None:
    """PREC_LOITER, 39."""
    bench = ready()
    assert not bench.core.auxiliary.act(39, 2).ok
    assert bench.texts[-1] == "Auxiliary function 39: not available"


# --- crash, battery -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("check", "armed"), [(1, True), (2, False)])
def test_a_rover_that_cannot_move_is_a_crash(check: int, armed: bool) -> None:
    """FS_CRASH_CHECK 1 holds, 2 disarms as well: throttle, no speed, for 2 s."""
    bench = driving(FS_CRASH_CHECK=check)
    assert bench.vehicle.inject_fault("motor1.loss", None, active=True)
    bench.core.commands.guided_target(position=(30.0, 0.0, 0.0))
    bench.run(10.0)
    assert bench.core.modes.number == HOLD
    assert bench.core.facts.armed is armed
    assert any("Crash" in text for text in bench.texts)


def test_an_empty_battery_brings_it_home() -> None:
    """BATT_FS_LOW_ACT 1 RTL, from a voltage that a simulator script sets."""
    bench = driving(BATT_LOW_VOLT=10.8, BATT_LOW_TIMER=2.0, BATT_FS_LOW_ACT=1)
    bench.core.commands.guided_target(position=(80.0, 0.0, 0.0))
    bench.run(12.0)
    bench.parameters.set("SIM_BATT_VOLTAGE", 10.4)
    bench.run(4.0)
    assert bench.core.modes.number == RTL
    assert any("Battery 1 is low" in text for text in bench.texts)
    bench.run(60.0)
    assert away(bench, 0, 0) < 2.0


@pytest.mark.parametrize(("action", "mode"), [(0, GUIDED), (1, RTL), (2, HOLD), (3, SMART_RTL)])
def test_driving_out_of_the_fence_does_what_its_action_says(action: int, mode: int) -> None:
    bench = driving(FENCE_TYPE=2, FENCE_RADIUS=20.0, FENCE_ACTION=action, AVOID_ENABLE=0)
    bench.core.commands.guided_target(position=(60.0, 0.0, 0.0))  # refused once the fence is on
    bench.parameters.set("FENCE_ENABLE", 1)
    bench.run(60.0, lambda: bench.core.fence.breach[0] == 1)
    assert away(bench, 0, 0) == pytest.approx(20.0, abs=1.0)
    assert bench.core.modes.number == mode
    bench.run(60.0)
    if mode in (RTL, SMART_RTL):
        assert bench.core.fence.breach[0] == 0
        assert away(bench, 0, 0) < 2.0


def test_too_much_wind_brings_it_home() -> None:
    """SRT_WIND_MAX against the wind vane's reading, which is that of the free wind."""
    bench = driving(SRT_WIND_MAX=10.0)
    bench.core.commands.guided_target(position=(60.0, 0.0, 0.0))
    bench.run(8.0)
    bench.parameters.set("SIM_WIND_SPD", 12.0)
    bench.run(12.0)
    assert bench.core.modes.number == RTL
    assert any(text.startswith("Wind 1") for text in bench.texts)


def test_a_silent_ground_station_brings_it_home() -> None:
    bench = driving(FS_GCS_ENABLE=1, FS_ACTION=1)
    bench.core.failsafes.ground_station_heard(255)
    bench.core.update_link_clock(1000)
    bench.core.commands.guided_target(position=(60.0, 0.0, 0.0))
    bench.run(8.0)
    deadline = bench.core.next_link_deadline_ms()
    assert deadline is not None
    bench.core.update_link_clock(deadline)
    bench.run(1.0)
    assert bench.core.modes.number == RTL


def test_it_stops_when_the_position_is_lost() -> None:
    bench = driving()
    bench.core.commands.guided_target(position=(200.0, 0.0, 0.0))
    bench.run(8.0)
    assert bench.vehicle.inject_fault("gps.loss", None, active=True)
    bench.run(30.0)
    assert bench.core.modes.number == HOLD
    assert abs(speed(bench)) < 0.05


def test_low_returns_and_critical_holds_on_the_way() -> None:
    """BATT_FS_LOW_ACT 1, BATT_FS_CRT_ACT 2."""
    bench = on_its_way(BATT_LOW_VOLT=10.8, BATT_CRT_VOLT=10.0, BATT_LOW_TIMER=2.0, BATT_FS_LOW_ACT=1, BATT_FS_CRT_ACT=2)
    bench.parameters.set("SIM_BATT_VOLTAGE", 10.5)
    bench.run(4.0)
    assert bench.core.modes.number == RTL
    bench.parameters.set("SIM_BATT_VOLTAGE", 9.6)
    bench.run(4.0)
    assert bench.core.modes.number == HOLD
    bench.run(4.0)
    assert abs(speed(bench)) < 0.05
    assert away(bench, 0, 0) > 5.0


def test_a_battery_below_the_arming_voltage_is_not_armed() -> None:
    bench = ready(BATT_ARM_VOLT=12.0)
    bench.parameters.set("SIM_BATT_VOLTAGE", 11.5)
    bench.run(3.0)
    assert not bench.core.arming.arm(bench.now_ms).ok
    assert "Arm: Battery 1 below minimum arming voltage" in bench.texts


# --- links --------------------------------------------------------------------------------------------------------
def test_silent_sticks_stop_the_rover() -> None:
    """RC loss in MANUAL with full throttle: FS_ACTION hold after RC_OVERRIDE_TIME."""
    bench = driving(MANUAL)
    bench.core.sticks.move(Sticks(throttle=0.65), bench.now_ms)
    bench.run(2.0)
    assert speed(bench) > 0.5
    bench.run(1.5)  # RC_OVERRIDE_TIME is over: no throttle
    fastest = speed(bench)
    bench.run(1.3)
    assert bench.core.modes.number == HOLD
    assert speed(bench) < fastest - 0.3
    bench.run(15.0)
    assert abs(speed(bench)) < 0.05


@pytest.mark.parametrize(("action", "mode", "ends"), [(1, RTL, 0.0), (2, HOLD, None), (3, SMART_RTL, 0.0),
                                                      (6, LOITER, None), (0, AUTO, 0.0)])  # fmt: skip
def test_a_mission_without_its_ground_station(action: int, mode: int, ends: float | None) -> None:
    """FS_ACTION; where the rover comes to rest: home (with 0 its mission ends there), or where it was."""
    bench = on_its_way(FS_GCS_ENABLE=1, FS_ACTION=action)
    bench.core.failsafes.ground_station_heard(255)
    bench.core.update_link_clock(1000)
    bench.core.update_link_clock(7500)
    assert bench.core.modes.number == mode
    bench.run(70.0)
    assert abs(speed(bench)) < 0.1
    assert (away(bench, 0, 0) < 2.2) is (ends == 0.0)


# --- position -----------------------------------------------------------------------------------------------------
def test_without_gps_a_mission_stops_and_the_pilot_takes_it_home() -> None:
    """HOLD with ArduRover's texts; MANUAL alone is not refused; it is found again."""
    bench = on_its_way()
    assert bench.vehicle.inject_fault("gps.loss", None, active=True)
    bench.run(30.0)
    assert bench.core.modes.number == HOLD
    assert {"EKF variance", "EKF failsafe"} <= set(bench.texts)
    assert abs(speed(bench)) < 0.05
    for refused in (AUTO, GUIDED, RTL, LOITER, STEERING, ACRO):
        assert not bench.core.modes.set(refused, bench.now_ms).ok
    assert bench.core.modes.set(MANUAL, bench.now_ms).ok
    bench.core.sticks.move(Sticks(throttle=0.6), bench.now_ms)
    bench.run(2.0)
    assert speed(bench) > 0.3
    bench.core.sticks.move(None, bench.now_ms)
    bench.vehicle.inject_fault("gps.loss", None, active=False)
    bench.run(20.0)
    assert "EKF failsafe cleared" in bench.texts
    assert bench.core.modes.set(AUTO, bench.now_ms).ok


def test_without_gps_it_is_not_armed_where_a_position_is_needed() -> None:
    bench = ready()
    bench.vehicle.inject_fault("gps.loss", None, active=True)
    bench.run(15.0)
    assert bench.core.modes.set(GUIDED, bench.now_ms).ok
    assert not bench.core.arming.arm(bench.now_ms).ok
    assert "Arm: GPS 1: Bad fix" in bench.texts
    assert bench.core.modes.set(STEERING, bench.now_ms).ok
    assert not bench.core.arming.arm(bench.now_ms).ok
    bench.core.modes.set(MANUAL, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).ok


# --- fence, rally -------------------------------------------------------------------------------------------------
def test_far_outside_the_fence_it_holds_whatever_the_action() -> None:
    """Over 100 m beyond (Rover/fence.cpp)."""
    bench = driving(WP_SPEED=10.0, FENCE_TYPE=2, FENCE_RADIUS=20.0, FENCE_ACTION=1)
    bench.core.commands.guided_target(position=(300.0, 0.0, 0.0))
    bench.run(60.0, lambda: away(bench, 0, 0) > 125.0)
    bench.parameters.set("FENCE_ENABLE", 1)
    bench.run(0.2)
    assert bench.core.modes.number == HOLD


def test_it_returns_to_the_nearest_rally_point_and_home_when_there_is_none() -> None:
    """docs/catalogue.md, 40 for a rover: RTL as a mode and as an item of the mission."""
    points = (item(5100, 60, 30, 10.0), item(5100, 40, -60, 10.0))
    bench = on_its_way()
    bench.run(20.0, lambda: away(bench, 0, 0) > 60.0)
    bench.upload(points, kind=2)
    bench.core.modes.set(RTL, bench.now_ms)
    bench.run(60.0, lambda: "Reached destination" in bench.texts)
    bench.run(4.0)
    assert away(bench, 60, 30) < 2.2
    bench.core.modes.set(HOLD, bench.now_ms)
    bench.upload((waypoint(60, -40, 0), item(20)))
    assert bench.core.mission_commands.start(bench.now_ms).ok
    bench.run(90.0, lambda: bench.texts.count("Reached destination") == 2)
    bench.run(4.0)
    assert away(bench, 40, -60) < 2.2
    bench.upload((), kind=2)
    bench.core.modes.set(GUIDED, bench.now_ms)
    bench.core.modes.set(RTL, bench.now_ms)
    bench.run(60.0, lambda: bench.texts.count("Reached destination") == 3)
    bench.run(4.0)
    assert away(bench, 0, 0) < 2.2
