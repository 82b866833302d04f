"""Each failsafe flown into on the simulated copter, from its cause to the ground; the rover's that drive elsewhere
(`test_rover_on_simulator`) have their fences here. Sources: docs/reference/mission-semantics.md, 3, 5;
docs/catalogue.md, 39, 41, 59."""

from __future__ import annotations

from math import cos, pi, sin

import pytest

from autopilot.interface.geo import to_global
from autopilot.interface.targets import Sticks
from autopilot.mission.items import MissionItem
from autopilot.vehicles.mode_table import COPTER_MODES
from sitl.vehicles.rover import SimulatedRover
from tests.fakes.core_bench import Bench, item, takeoff, waypoint
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.sim_copter import (
    ALT_HOLD,
    AUTO,
    BRAKE,
    GUIDED,
    LAND,
    LOITER,
    RTL,
    SMART_RTL,
    away,
    height,
    in_air,
    on_mission,
    ready,
    to_the_end,
)

INCLUSION, EXCLUSION, CIRCLE_IN, CIRCLE_OUT = 5001, 5002, 5003, 5004
FAR = (takeoff(15.0), waypoint(600, 0, 15.0))
R_HOLD, R_RTL, R_GUIDED = 4, 11, 15


def polygon(command: int, *corners: tuple[float, float]) -> list[MissionItem]:
    """Corners in metres north and east of the origin."""
    places = [to_global(ORIGIN, (n, e, 0.0)) for n, e in corners]
    return [
        MissionItem(command, 0, param1=float(len(places)), x=place.lat, y=place.lon, seq=seq)
        for seq, place in enumerate(places)
    ]


def box(command: int, north: float, east: float, half: float) -> list[MissionItem]:
    return polygon(
        command,
        (north - half, east - half),
        (north + half, east - half),
        (north + half, east + half),
        (north - half, east + half),
    )


def circle(command: int, north: float, east: float, radius: float) -> list[MissionItem]:
    place = to_global(ORIGIN, (north, east, 0.0))
    return [MissionItem(command, 0, param1=radius, x=place.lat, y=place.lon)]


def outbound(**parameters: float) -> Bench:
    """In AUTO, some 60 m out."""
    bench = on_mission(FAR, **parameters)
    bench.run(60.0, lambda: 1 in bench.reached)
    bench.run(9.0)
    assert away(bench) > 30.0
    return bench


def came_home(bench: Bench) -> None:
    to_the_end(bench)
    assert away(bench) < 2.5


# --- battery ----------------------------------------------------------------------------------------------------------
def test_a_low_battery_brings_it_home() -> None:
    bench = outbound(BATT_LOW_VOLT=11.2, BATT_LOW_TIMER=2, BATT_FS_LOW_ACT=2)
    bench.parameters.set("SIM_BATT_VOLTAGE", 11.3)
    bench.run(15.0, lambda: bench.core.modes.number == RTL)
    assert bench.core.modes.number == RTL
    assert any(text.startswith("Battery 1 is low") for text in bench.texts)
    came_home(bench)


def test_low_returns_and_critical_lands_on_the_way() -> None:
    """BatteryFailsafe: the landing is where the charge became critical."""
    bench = outbound(
        BATT_LOW_VOLT=11.2, BATT_CRT_VOLT=10.4, BATT_LOW_TIMER=2, BATT_FS_LOW_ACT=2, BATT_FS_CRT_ACT=1, RTL_ALT=1500
    )
    bench.parameters.set("SIM_BATT_VOLTAGE", 11.3)
    bench.run(15.0, lambda: bench.core.modes.number == RTL)
    assert bench.core.modes.number == RTL
    bench.parameters.set("SIM_BATT_VOLTAGE", 10.5)
    bench.run(10.0, lambda: bench.core.modes.number == LAND)
    assert bench.core.modes.number == LAND
    to_the_end(bench)
    assert away(bench) > 10.0


@pytest.mark.parametrize("level", ["LOW", "CRT"])
def test_a_battery_that_was_low_before_the_flight_fails_it_too(level: str) -> None:
    """Armed without the check of the battery, as in ArduCopter on the ground it is disarmed. The vehicle had announced
    the battery once, while it was disarmed, and nothing acted in the flight."""
    limits = {f"BATT_{level}_VOLT": 20.0, "BATT_LOW_TIMER": 2.0, f"BATT_FS_{level}_ACT": 2.0}
    bench = ready(ARMING_CHECK=1 << 6, **limits)
    bench.run(5.0)
    assert bench.core.modes.set(GUIDED, bench.now_ms).ok
    bench.core.arming.arm(bench.now_ms)
    bench.run(1.0)
    assert "Battery Failsafe - Disarming" in bench.texts
    assert not bench.core.facts.armed


def test_a_battery_below_the_arming_voltage_is_not_armed() -> None:
    bench = ready(BATT_ARM_VOLT=12.0)
    bench.parameters.set("SIM_BATT_VOLTAGE", 11.5)
    bench.run(3.0)
    assert bench.core.modes.set(GUIDED, bench.now_ms).ok
    assert not bench.core.arming.arm(bench.now_ms).ok
    assert any("below minimum arming voltage" in text for text in bench.texts)


# --- links ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("setting", "mode"), [(1, RTL), (3, SMART_RTL), (5, LAND), (7, BRAKE)])
def test_a_silent_ground_station(setting: int, mode: int) -> None:
    bench = outbound(FS_GCS_ENABLE=setting)
    bench.core.failsafes.ground_station_heard(255)
    bench.core.update_link_clock(1000)
    bench.core.update_link_clock(5980)
    bench.run(0.1)
    assert bench.core.modes.number == AUTO
    bench.core.update_link_clock(6000)
    bench.run(0.1)
    assert bench.core.modes.number == mode
    assert f"GCS Failsafe - {COPTER_MODES[mode].title}" in bench.texts
    if mode in (RTL, SMART_RTL):
        came_home(bench)


@pytest.mark.parametrize(("options", "mode"), [(0, RTL), (2, AUTO)])
def test_auto_goes_on_without_its_ground_station_by_option(options: int, mode: int) -> None:
    """GCSFailsafe: FS_OPTIONS bit 1."""
    bench = outbound(FS_GCS_ENABLE=1, FS_OPTIONS=options)
    bench.core.failsafes.ground_station_failed(bench.now_ms, failed=True)
    bench.run(1.0)
    assert bench.core.modes.number == mode


@pytest.mark.parametrize(("loss", "options", "goes_on"), [("gcs", 2, True), ("rc", 1, True), ("gcs", 0, False)])
def test_a_mission_that_waits_on_the_ground_goes_on_by_option(loss: str, options: int, goes_on: bool) -> None:
    """A delivery out of radio range: ArduCopter's should_disarm_on_failsafe leaves a begun mission armed."""
    delivery = (takeoff(), waypoint(40, 0), item(21), item(93, param1=20.0), takeoff(), waypoint(0, 0))
    bench = on_mission(delivery, MIS_OPTIONS=4, FS_GCS_ENABLE=1, FS_OPTIONS=options)
    bench.run(90.0, lambda: 3 in bench.reached)
    bench.run(5.0)
    assert bench.core.facts.landed and bench.core.facts.armed
    if loss == "gcs":
        bench.core.failsafes.ground_station_failed(bench.now_ms, failed=True)
    else:
        bench.core.failsafes.sticks_silent(bench.now_ms)
    bench.run(40.0)
    assert bench.core.facts.landed is not goes_on and bench.core.facts.armed is goes_on


@pytest.mark.parametrize(("setting", "mode"), [(1, RTL), (3, LAND), (0, LOITER)])
def test_silent_sticks_in_loiter(setting: int, mode: int) -> None:
    """RC_OVERRIDE_TIME, from the first stick on; what follows is FS_THR_ENABLE."""
    bench = in_air(15.0, FS_THR_ENABLE=setting)
    assert bench.core.modes.set(LOITER, bench.now_ms).ok
    bench.run(20.0)
    assert bench.core.modes.number == LOITER
    bench.core.sticks.move(Sticks(pitch=0.5, throttle=0.5), bench.now_ms)
    bench.run(2.9)
    assert bench.core.modes.number == LOITER
    bench.run(0.3)
    assert bench.core.modes.number == mode


def test_auto_goes_on_without_sticks_by_option() -> None:
    """AutoContinueOnRCFailsafe: FS_OPTIONS bit 0."""
    bench = outbound(FS_OPTIONS=1)
    bench.core.sticks.move(Sticks(throttle=0.5), bench.now_ms)
    bench.run(6.0)
    assert bench.core.modes.number == AUTO
    assert "Radio Failsafe - Continuing Auto" in bench.texts


# --- position, crash, wind --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("action", "mode"), [(1, LAND), (2, ALT_HOLD)])
def test_a_lost_position(action: int, mode: int) -> None:
    """GPS gone: the estimator fails some seconds later."""
    bench = outbound(FS_EKF_ACTION=action)
    bench.parameters.set("SIM_GPS_DISABLE", 1)
    bench.run(15.0, lambda: bench.core.modes.number != AUTO)
    assert bench.core.modes.number == mode
    assert "EKF variance" in bench.texts
    if mode == LAND:
        to_the_end(bench)


def test_a_copter_that_cannot_be_righted_is_a_crash() -> None:
    bench = outbound(FM_CUT_TILT=0)
    bench.parameters.set("SIM_ENGINE_FAIL", 1)
    bench.run(30.0, lambda: not bench.core.facts.armed)
    assert not bench.core.facts.armed
    assert any(text.startswith("Crash: Disarming: AngErr=") for text in bench.texts)


def test_too_much_wind_brings_it_home() -> None:
    bench = outbound(SRT_WIND_MAX=7.0)
    bench.parameters.set("SIM_WIND_SPD", 10.0)
    bench.run(40.0, lambda: bench.core.modes.number == RTL)
    assert bench.core.modes.number == RTL
    assert any(text.startswith("Wind ") for text in bench.texts)
    came_home(bench)


# --- fences, copter ---------------------------------------------------------------------------------------------------
FENCES = [
    ("circle about home", {"FENCE_TYPE": 2, "FENCE_RADIUS": 80.0}, (), 80.0, "Circle"),
    ("inclusion polygon", {"FENCE_TYPE": 4}, tuple(box(INCLUSION, 0, 0, 70.0)), 70.0, "Polygon"),
    ("exclusion polygon", {"FENCE_TYPE": 4}, tuple(box(EXCLUSION, 100, 0, 20.0)), 80.0, "Polygon"),
    ("inclusion circle", {"FENCE_TYPE": 4}, tuple(circle(CIRCLE_IN, 0, 10, 75.0)), 74.3, "Polygon"),
    ("exclusion circle", {"FENCE_TYPE": 4}, tuple(circle(CIRCLE_OUT, 110, 0, 30.0)), 80.0, "Polygon"),
]
each_fence = pytest.mark.parametrize(
    ("parameters", "plan", "limit", "name"), [row[1:] for row in FENCES], ids=[row[0] for row in FENCES]
)


@each_fence
def test_flying_out_of_a_fence_brings_it_home(
    parameters: dict[str, float], plan: tuple[MissionItem, ...], limit: float, name: str
) -> None:
    """HorizontalFence: noticed, told, RTL, cleared."""
    bench = ready(**parameters)
    bench.upload(plan, kind=1)
    bench.parameters.set("FENCE_ENABLE", 1)
    bench.run(1.0)
    bench.begin(FAR)
    bench.run(90.0, lambda: bench.core.fence.breach[0] == 1)
    assert away(bench) == pytest.approx(limit, abs=1.5)  # the estimate is at the limit, this is the truth
    bench.run(0.1)
    assert bench.core.modes.number == RTL
    assert f"{name} fence breached" in bench.texts
    came_home(bench)
    assert "Fence breach cleared" in bench.texts
    assert bench.texts.count(f"{name} fence breached") == 1


def test_flying_above_the_highest_altitude() -> None:
    """FENCE_ALT_MAX, with the return lower than the limit."""
    bench = in_air(20.0, FENCE_ENABLE=1, FENCE_TYPE=1, FENCE_ALT_MAX=40.0, RTL_ALT=1500, FENCE_ACTION=2)
    bench.head_for((0.0, 0.0, -80.0))
    bench.run(40.0, lambda: bench.core.fence.breach[0] == 1)
    assert height(bench) == pytest.approx(40.0, abs=2.0)
    bench.run(0.1)
    assert bench.core.modes.number == LAND
    assert "Max Alt fence breached" in bench.texts


def test_flying_below_the_lowest_altitude() -> None:
    bench = in_air(30.0, FENCE_ENABLE=1, FENCE_TYPE=8, FENCE_ALT_MIN=15.0, RTL_ALT=2500)
    bench.head_for((40.0, 0.0, -10.0))
    bench.run(40.0, lambda: bench.core.fence.breach[0] == 1)
    assert height(bench) == pytest.approx(15.0, abs=2.0)
    bench.run(0.1)
    assert bench.core.modes.number == RTL
    assert "Min Alt fence breached" in bench.texts


@pytest.mark.parametrize("kind", ["copter", "rover"])
def test_arming_outside_is_refused_and_inside_allowed(kind: str) -> None:
    """docs/catalogue.md, 41, 59: arming follows the fence's content and FENCE_TYPE at once."""
    bench = driven_ready() if kind == "rover" else ready()
    bench.parameters.set("FENCE_TYPE", 4)
    bench.parameters.set("FENCE_ENABLE", 1)
    bench.upload(box(INCLUSION, 200, 0, 50.0), kind=1)
    bench.run(1.1)
    assert bench.core.modes.set(R_GUIDED if kind == "rover" else GUIDED, bench.now_ms).ok
    assert not bench.core.arming.arm(bench.now_ms).ok
    assert any("Vehicle breaching Polygon fence" in text for text in bench.texts)
    bench.parameters.set("FENCE_TYPE", 2)
    assert bench.core.arming.arm(bench.now_ms).ok
    assert bench.core.arming.disarm(bench.now_ms).ok
    bench.run(1.0)
    bench.parameters.set("FENCE_TYPE", 4)
    assert not bench.core.arming.arm(bench.now_ms).ok
    bench.upload(box(INCLUSION, 0, 0, 50.0), kind=1)
    bench.run(0.1)
    assert bench.core.arming.arm(bench.now_ms).ok


def test_it_lands_far_outside() -> None:
    """Over 100 m beyond: a pilot who went on is stopped."""
    bench = in_air(15.0, FENCE_ENABLE=1, FENCE_TYPE=2, FENCE_RADIUS=40.0)
    bench.head_for((300.0, 0.0, -15.0))
    bench.run(60.0, lambda: bench.core.modes.number == RTL)
    assert bench.core.modes.set(GUIDED, bench.now_ms).ok
    bench.head_for((300.0, 0.0, -15.0))
    bench.run(60.0, lambda: bench.core.modes.number == LAND)
    assert bench.core.modes.number == LAND
    assert away(bench) == pytest.approx(140.0, abs=4.0)


# --- fences, rover ----------------------------------------------------------------------------------------------------
def driven_ready(**parameters: float) -> Bench:
    """A rover that is not held off the fence: it drives out."""
    parameters = {"AVOID_ENABLE": 0, **parameters}
    bench = Bench("rover", vehicle=SimulatedRover(ORIGIN, 0.0, 7), parameters=parameters)
    bench.run(20.0, lambda: bench.core.prearm.ok)
    return bench


@each_fence
def test_driving_out_of_a_fence_brings_it_home(
    parameters: dict[str, float], plan: tuple[MissionItem, ...], limit: float, name: str
) -> None:
    bench = driven_ready(WP_SPEED=5.0, **parameters)
    bench.upload(plan, kind=1)
    bench.parameters.set("FENCE_ENABLE", 1)
    bench.run(1.0)
    bench.begin((waypoint(300, 0, 0),))
    bench.run(120.0, lambda: bench.core.fence.breach[0] == 1)
    assert away(bench) == pytest.approx(limit, abs=2.0)
    bench.run(0.1)
    assert bench.core.modes.number == R_RTL
    assert f"{name} fence breached" in bench.texts
    bench.run(120.0, lambda: away(bench) < 2.0)
    assert away(bench) < 2.0
    assert "Fence breach cleared" in bench.texts


def test_a_star_of_many_corners_is_left_at_its_edge() -> None:
    """A concave polygon of 40 corners: the tip that the leg leaves through counts, not its hull."""
    corners = [
        (radius * cos(2.0 * pi * at / 40.0), radius * sin(2.0 * pi * at / 40.0))
        for at in range(40)
        for radius in (60.0 if at % 2 else 25.0,)
    ]
    bench = driven_ready(FENCE_TYPE=4, FENCE_ACTION=2)
    bench.upload(polygon(INCLUSION, *corners), kind=1)
    bench.parameters.set("FENCE_ENABLE", 1)
    bench.run(1.0)
    bench.begin((waypoint(100, 0, 0),))
    bench.run(90.0, lambda: bench.core.modes.number == R_HOLD)
    assert away(bench) == pytest.approx(25.0, abs=1.5)


# --- margin, faults ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("enabled", "highest"), [(1, 35.0), (0, 60.0)])
def test_the_way_home_keeps_its_margin_to_the_highest_altitude(enabled: int, highest: float) -> None:
    """FENCE_MARGIN: RTL_ALT would lead through the ceiling, and RTL would answer RTL."""
    bench = outbound(FENCE_ENABLE=enabled, FENCE_TYPE=1, FENCE_ALT_MAX=40.0, FENCE_MARGIN=5.0, RTL_ALT=6000)
    assert bench.core.commands.return_to_launch(bench.now_ms).ok
    top = 0.0
    while bench.core.facts.armed and bench.now_ms < 400_000:
        bench.run(1.0)
        top = max(top, height(bench))
    assert top == pytest.approx(highest, abs=1.0)
    assert bench.core.fence.breach[2] == 0
    assert away(bench) < 2.5


@pytest.mark.parametrize(("options", "told", "released"), [(4, True, True), (0, True, False), (5, False, False)])
def test_a_copter_that_sinks_at_full_thrust_says_so_and_may_let_its_load_go(
    options: int, told: bool, released: bool
) -> None:
    """Motor 2 with little of its thrust (ArduCopter crash_check.cpp); FLIGHT_OPTIONS bits 0 and 2."""
    bench = in_air(30.0, FLIGHT_OPTIONS=options, GRIP_ENABLE=1, GRIP_TYPE=1, SERVO6_FUNCTION=28)
    assert not any("Thrust" in text for text in bench.texts)
    bench.parameters.set("SIM_ENGINE_MUL", 0.3)
    bench.parameters.set("SIM_ENGINE_FAIL", 2)
    bench.run(12.0, lambda: "Gripper load released" in bench.texts)
    assert ("Potential Thrust Loss (2)" in bench.texts) is told
    assert ("Gripper load released" in bench.texts) is released
