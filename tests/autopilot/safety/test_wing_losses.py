"""What a plane in the air does when it loses its sticks, by its mode and by FS_SHORT_ACTN and FS_LONG_ACTN, or has a
low battery."""

from __future__ import annotations

import pytest

from autopilot.interface.targets import Sticks, TakeOff
from autopilot.interface.vehicle import VehicleEvent
from autopilot.vehicles.mode_table import PlaneMode
from tests.fakes.core_bench import Bench
from tests.fakes.plane_bench import Plane, landing_mission, on_approach

M = PlaneMode


@pytest.mark.parametrize("mode", [M.CIRCLE, M.TAKEOFF, M.RTL])
def test_modes_that_no_short_loss_changes(mode: PlaneMode) -> None:
    plane = Plane(FS_SHORT_ACTN=2.0, FS_LONG_TIMEOUT=60.0)
    assert plane.core.modes.set(mode, plane.now_ms).ok
    plane.core.failsafes.sticks_silent(plane.now_ms)
    plane.run(1.0)
    assert plane.core.modes.number == mode
    assert "RC Short Failsafe On" in plane.texts


def test_a_short_loss_that_asks_for_the_present_mode_changes_nothing() -> None:
    plane = Plane(FS_SHORT_ACTN=2.0, FS_LONG_TIMEOUT=60.0)
    assert plane.core.modes.set(M.FBWA, plane.now_ms).ok
    plane.core.failsafes.sticks_silent(plane.now_ms)
    assert plane.texts[-1] == "RC Short Failsafe On"


def test_a_loss_without_a_short_action_is_critical_when_it_acts() -> None:
    """FS_SHORT_ACTN 3: ArduPlane's failsafe state, and so system_status, changes with the long action."""
    plane = Plane(FS_SHORT_ACTN=3.0, FS_LONG_ACTN=1.0, FS_LONG_TIMEOUT=8.0)
    assert plane.core.modes.set(M.LOITER, plane.now_ms).ok
    plane.core.failsafes.sticks_silent(plane.now_ms)
    plane.run(7.0)
    assert not plane.core.failsafes.active
    plane.run(2.0)
    assert plane.core.failsafes.active and plane.core.modes.number == M.RTL


@pytest.mark.parametrize(("long", "mode"), [(1, M.TAKEOFF), (2, M.FBWA)])
def test_a_long_loss_waits_for_the_end_of_a_takeoff(long: int, mode: PlaneMode) -> None:
    """The climb of TAKEOFF; a plane that is to glide does so at once."""
    bench = Bench("plane", parameters={"FS_SHORT_ACTN": 1.0, "FS_LONG_ACTN": float(long), "FS_LONG_TIMEOUT": 1.0})
    assert bench.core.modes.set(M.TAKEOFF, bench.now_ms).ok
    bench.arm()
    bench.run(4.0)
    bench.core.failsafes.sticks_silent(bench.now_ms)
    bench.run(2.0)
    assert bench.core.modes.number == mode
    if mode == M.TAKEOFF:
        assert isinstance(bench.vehicle.target, TakeOff)
        bench.run(120.0, lambda: bench.core.modes.number == M.RTL)
        assert bench.core.facts.height == pytest.approx(50.0, abs=8.0)


@pytest.mark.parametrize("long", [0, 1])
def test_autoland_goes_on_when_a_loss_lasts(long: int) -> None:
    plane = Plane(FS_SHORT_ACTN=3.0, FS_LONG_ACTN=float(long), FS_LONG_TIMEOUT=5.0)
    assert plane.core.modes.set(M.AUTOLAND, plane.now_ms).ok
    plane.core.failsafes.sticks_silent(plane.now_ms)
    plane.run(6.0)
    assert plane.core.modes.number == M.AUTOLAND


@pytest.mark.parametrize("mode", [M.LOITER, M.FBWB])
def test_a_glide_is_without_throttle(mode: PlaneMode) -> None:
    """FS_SHORT_ACTN 2, then FS_LONG_ACTN 2 (ArduPlane mode_fbwa.cpp); the released stick stood in the middle."""
    plane = Plane(FS_SHORT_ACTN=2.0, FS_LONG_ACTN=2.0)
    assert plane.core.modes.set(mode, plane.now_ms).ok
    plane.core.sticks.move(Sticks(throttle=0.7), plane.now_ms)
    plane.run(20.0)
    assert plane.core.modes.number == M.FBWA
    assert plane.vehicle.sticks.throttle <= 0.0


@pytest.mark.parametrize("long", [1, 2])
def test_a_mission_on_its_way_to_the_landing_goes_on_at_a_loss(long: int) -> None:
    """From DO_LAND_START on (ArduPlane's failsafe_in_landing_sequence); a loss for long is told."""
    plane = on_approach(FS_SHORT_ACTN=1.0, FS_LONG_ACTN=float(long), RTL_AUTOLAND=1.0)
    plane.core.failsafes.sticks_silent(plane.now_ms)
    assert plane.texts[-1] == "RC Short Failsafe On"
    plane.run(6.0)
    assert plane.core.modes.number == M.AUTO and "RC Long Failsafe On: AUTO" in plane.texts


def test_a_loss_changes_the_mode_on_the_ground_too() -> None:
    """Disarmed, as ArduPlane; its test ThrottleFailsafe. A short loss gives the mode back, a long one does not."""
    bench = Bench("plane", parameters={"FS_LONG_TIMEOUT": 5.0})
    bench.run(20.0)
    assert bench.core.modes.set(M.MANUAL, bench.now_ms).ok
    bench.core.sticks.move(Sticks(), bench.now_ms)
    bench.run(4.0)
    assert bench.core.modes.number == M.CIRCLE
    bench.core.sticks.move(Sticks(), bench.now_ms)
    assert bench.core.modes.number == M.MANUAL
    bench.run(10.0)
    assert bench.core.modes.number == M.RTL
    bench.core.sticks.move(Sticks(), bench.now_ms)
    assert bench.texts[-1] == "RC Long Failsafe Cleared"
    assert bench.core.modes.number == M.RTL


def test_a_station_that_comes_back_first_does_not_end_a_short_loss_of_the_sticks() -> None:
    """The mode before returns with the sticks, whatever else was lost and found meanwhile."""
    plane = Plane(FS_SHORT_ACTN=1.0, FS_GCS_ENABL=1.0, FS_LONG_TIMEOUT=60.0)
    assert plane.core.modes.set(M.FBWB, plane.now_ms).ok
    plane.core.sticks.move(Sticks(throttle=0.5), plane.now_ms)
    plane.run(4.0)
    assert plane.core.modes.number == M.CIRCLE
    plane.core.failsafes.ground_station_failed(plane.now_ms, failed=True)
    plane.core.failsafes.ground_station_failed(plane.now_ms, failed=False)
    plane.core.failsafes.ground_station_heard(255)
    plane.core.update_link_clock(1000)
    assert plane.core.modes.number == M.CIRCLE
    plane.core.sticks.move(Sticks(throttle=0.5), plane.now_ms)
    assert plane.core.modes.number == M.FBWB


@pytest.mark.parametrize("fitted", [True, False])
@pytest.mark.parametrize("cause", ["sticks", "battery"])
def test_a_parachute_is_the_last_way_down(cause: str, fitted: bool) -> None:
    """FS_LONG_ACTN 3, BATT_FS_CRT_ACT 5 (ArduPlane/events.cpp); it flew home, and did nothing."""
    chute = {"CHUTE_ENABLED": float(fitted), "CHUTE_TYPE": 10.0, "SERVO8_FUNCTION": 27.0}
    losses = {"FS_SHORT_ACTN": 3.0, "FS_LONG_ACTN": 3.0, "FS_LONG_TIMEOUT": 5.0, "BATT_FS_CRT_ACT": 5.0}
    plane = Plane(**chute, **losses)
    assert plane.core.modes.set(M.FBWB, plane.now_ms).ok
    if cause == "sticks":
        plane.core.failsafes.sticks_silent(plane.now_ms)
        plane.run(4.0)
        assert plane.core.facts.armed
        plane.run(2.0)
    else:
        plane.happens(VehicleEvent.BATTERY_CRITICAL)
        assert "Battery Failsafe - PARACHUTE" in plane.texts
    assert plane.core.facts.armed is not fitted and plane.core.modes.number == M.FBWB
    assert ("Parachute: Released" in plane.texts) is fitted


def test_no_parachute_opens_on_the_ground() -> None:
    chute = {"CHUTE_ENABLED": 1.0, "CHUTE_TYPE": 10.0, "SERVO8_FUNCTION": 27.0}
    bench = Bench("plane", parameters={**chute, "FS_SHORT_ACTN": 3.0, "FS_LONG_ACTN": 3.0, "FS_LONG_TIMEOUT": 1.0})
    bench.core.failsafes.sticks_silent(bench.now_ms)
    bench.run(5.0)
    assert "Parachute: Released" not in bench.texts


@pytest.mark.parametrize(("action", "mode"), [(1, M.AUTOLAND), (7, M.AUTOLAND), (2, M.AUTOLAND), (5, M.AUTOLAND)])
def test_autoland_goes_on_with_a_low_battery(action: int, mode: PlaneMode) -> None:
    """From its circle on (ArduPlane's handle_battery_failsafe); with 1 and 2 it flew home, and stayed there."""
    plane = Plane(BATT_FS_LOW_ACT=float(action))
    assert plane.core.modes.set(M.AUTOLAND, plane.now_ms).ok
    plane.run(1.0)
    targets = len(plane.vehicle.targets)
    plane.vehicle.raise_event(VehicleEvent.BATTERY_LOW)
    plane.run(1.0)
    assert (plane.core.modes.number, len(plane.vehicle.targets)) == (mode, targets)
    assert not any("Failsafe - RTL" in text for text in plane.texts)


def test_autoland_joins_the_missions_landing_with_a_low_battery() -> None:
    plane = Plane(BATT_FS_LOW_ACT=2.0, RTL_AUTOLAND=1.0)
    plane.upload(landing_mission())
    assert plane.core.modes.set(M.AUTOLAND, plane.now_ms).ok
    plane.vehicle.raise_event(VehicleEvent.BATTERY_LOW)
    plane.run(1.0)
    assert (plane.core.modes.number, plane.core.sequencer.current_nav_index()) == (M.AUTO, 4)


@pytest.mark.parametrize(
    ("afs", "says"),
    [
        ({}, "AFS not enabled, can't terminate the vehicle"),
        ({"AFS_ENABLE": 1.0}, "Unable to terminate, termination is not configured"),
        ({"AFS_ENABLE": 1.0, "AFS_TERM_ACTION": 42.0}, "Terminating due to low battery"),
    ],
)
def test_a_battery_ends_a_flight_by_the_advanced_failsafe(afs: dict[str, float], says: str) -> None:
    """BATT_FS_LOW_ACT 3 (ArduPlane's gcs_terminate); the motor stopped without AFS_ENABLE, too."""
    plane = Plane(BATT_FS_LOW_ACT=3.0, AFS_DUAL_LOSS=0.0, **afs)
    plane.vehicle.raise_event(VehicleEvent.BATTERY_LOW)
    plane.run(1.0)
    assert says in plane.texts
    assert plane.core.facts.armed is not says.startswith("Terminating")
