"""Arming: checks, texts, automatic disarming (docs/reference/ground-stations.md, 1.6, 3.2)."""

from __future__ import annotations

import pytest

from autopilot.context.events import ArmedChanged, StatusText
from autopilot.interface import report
from autopilot.interface.reasons import COMPASS_FAILED, GYROS_FAILED, ArmingMethod
from autopilot.interface.result import Outcome
from autopilot.interface.targets import Sticks
from autopilot.interface.vehicle import Request, VehicleEvent
from autopilot.mav import Result, Severity
from autopilot.vehicles.mode_table import PlaneMode
from sitl.vehicles.kinds import make_simulated
from tests.fakes.core_bench import Bench, takeoff, waypoint
from tests.fakes.fake_vehicle import ORIGIN


def test_arming_is_announced_in_ardupilots_words() -> None:
    bench = Bench()
    assert bench.core.arming.arm(bench.now_ms).ok
    assert bench.core.arming.disarm(bench.now_ms).ok
    said = [(event.severity, event.text) for event in bench.events(StatusText) if "motors" in event.text]
    assert said == [(Severity.INFO, "Arming motors"), (Severity.INFO, "Disarming motors")]
    assert [event.armed for event in bench.events(ArmedChanged)] == [True, False]


def test_a_takeoff_that_was_allowed_is_not_after_disarming() -> None:
    """Who arms in AUTO again has to say again that it may take off."""
    bench = Bench()
    bench.airborne()
    assert bench.core.helm.takeoff_allowed
    bench.core.modes.set(9, bench.now_ms)
    bench.run(60.0, lambda: not bench.core.facts.armed)
    assert not bench.core.facts.armed
    assert not bench.core.helm.takeoff_allowed


def test_a_rover_has_its_own_words() -> None:
    bench = Bench("rover")
    assert bench.core.arming.arm(bench.now_ms).ok
    assert bench.core.arming.disarm(bench.now_ms).ok
    assert [text for text in bench.texts if "Throttle" in text] == ["Throttle armed", "Throttle disarmed"]


def test_what_is_so_already_succeeds_without_effect() -> None:
    bench = Bench()
    assert bench.core.arming.disarm(bench.now_ms).ok
    bench.core.arming.arm(bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).ok
    assert len(bench.events(ArmedChanged)) == 1


def test_a_refusal_at_arming_is_a_warning() -> None:
    """What the checks find is critical; that it is not the moment is not."""
    bench = Bench()
    bench.core.modes.set(9, bench.now_ms)
    assert not bench.core.arming.arm(bench.now_ms).ok
    refusals = [event for event in bench.events(StatusText) if "not armable" in event.text]
    bench.airborne()
    assert not bench.core.arming.disarm(bench.now_ms).ok
    refusals += [event for event in bench.events(StatusText) if event.text == "Disarm: not landed"]
    assert [event.severity for event in refusals] == [Severity.CRITICAL, Severity.WARNING]


def test_the_vehicles_own_reasons_refuse_arming_one_text_each() -> None:
    bench = Bench()
    bench.vehicle.armable_reasons = (GYROS_FAILED, COMPASS_FAILED)
    outcome = bench.core.arming.arm(bench.now_ms)
    assert (outcome.result, outcome.reason) == (Result.FAILED, "Gyros not healthy")
    said = bench.events(StatusText)
    assert StatusText(Severity.CRITICAL, "Arm: Gyros not healthy") in said
    assert StatusText(Severity.CRITICAL, "Arm: Compass not healthy") in said
    assert not bench.core.facts.armed


def test_force_arms_in_spite_of_them() -> None:
    bench = Bench()
    bench.vehicle.armable_reasons = (GYROS_FAILED,)
    assert bench.core.arming.arm(bench.now_ms, force=True).ok
    assert bench.core.facts.armed


@pytest.mark.parametrize(("mode", "name"), [(6, "RTL"), (9, "LAND"), (17, "BRAKE")])
def test_modes_that_only_fly_cannot_be_armed_in(mode: int, name: str) -> None:
    bench = Bench()
    bench.core.modes.set(mode, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).result is Result.FAILED
    assert f"Arm: {name} mode not armable" in bench.texts


@pytest.mark.parametrize("mode", [11, 12])
def test_a_rover_is_not_armed_on_its_way_home(mode: int) -> None:
    """In ArduRover's words."""
    bench = Bench("rover")
    bench.arm()  # SMART_RTL has a way back from then on
    assert bench.core.arming.disarm(bench.now_ms).ok
    assert bench.core.modes.set(mode, bench.now_ms).ok
    assert bench.core.arming.arm(bench.now_ms).result is Result.FAILED
    assert "Arm: Mode not armable" in bench.texts


def test_a_plane_that_autoland_brought_down_is_armed_in_it_and_stands() -> None:
    """ArduPilot's AutoLandMode. ArduPlane is not armed in RTL, QRTL and QLAND only."""
    bench = Bench("plane", vehicle=make_simulated("plane", ORIGIN, 0.0, 7))
    bench.run(30.0, lambda: bench.core.prearm.ok)
    bench.upload([takeoff(40), waypoint(1500, 0, 80)])
    assert bench.core.modes.set(PlaneMode.AUTO, bench.now_ms).ok
    bench.arm()
    bench.run(60.0, lambda: bench.core.sequencer.current_nav_index() == 2)
    assert bench.core.modes.set(PlaneMode.AUTOLAND, bench.now_ms).ok
    bench.run(300.0, lambda: not bench.core.facts.armed)
    bench.parameters.set("LAND_DISARMDELAY", 0.0)
    assert bench.core.arming.arm(bench.now_ms).ok
    bench.run(20.0)
    assert bench.core.facts.armed and bench.core.facts.landed and bench.vehicle.state.report[report.THROTTLE] == 0.0
    bench.parameters.set("LAND_DISARMDELAY", 3.0)
    bench.run(1.0)
    assert not bench.core.facts.armed and bench.texts[-2] == "Auto disarmed"
    assert bench.core.arming.arm(bench.now_ms).ok
    bench.run(1.0)
    assert not bench.core.facts.armed


def test_auto_is_armable_only_by_option() -> None:
    bench = Bench()
    bench.upload([takeoff(), waypoint(40, 0)])
    bench.core.modes.set(3, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).result is Result.FAILED
    assert "Arm: AUTO mode not armable" in bench.texts
    bench.parameters.set("AUTO_OPTIONS", 1)
    assert bench.core.arming.arm(bench.now_ms).ok


def test_auto_whose_mission_was_cleared_refuses_arming() -> None:
    """docs/catalogue.md, 42."""
    bench = Bench(parameters={"AUTO_OPTIONS": 1})
    bench.upload([takeoff(), waypoint(40, 0)])
    bench.core.modes.set(3, bench.now_ms)
    bench.upload([])
    assert bench.core.arming.arm(bench.now_ms).result is Result.FAILED
    assert "Arm: Mode requires mission" in bench.texts


def test_auto_without_a_takeoff_refuses_arming() -> None:
    bench = Bench(parameters={"AUTO_OPTIONS": 1})
    bench.upload([waypoint(40, 0)])
    bench.core.modes.set(3, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).result is Result.FAILED
    assert "Arm: Auto: Missing Takeoff Cmd" in bench.texts


def test_a_mode_that_needs_a_position_cannot_be_armed_in_without_one() -> None:
    bench = Bench()
    bench.vehicle.lose_position()
    bench.core.modes.set(4, bench.now_ms)
    bench.run(0.1)
    assert bench.core.arming.arm(bench.now_ms).result is Result.FAILED
    assert "Arm: Need Position Estimate" in bench.texts


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("BATT_ARM_VOLT", 16.6, "Battery 1 below minimum arming voltage"),
        ("BATT_ARM_MAH", 3400, "Battery 1 below minimum arming capacity"),
        ("BATT_LOW_VOLT", 16.5, "Battery 1 low voltage failsafe"),
        ("BATT_CRT_VOLT", 16.5, "Battery 1 critical voltage failsafe"),
    ],
)
def test_a_battery_too_low_refuses_arming(name: str, value: float, reason: str) -> None:
    bench = Bench(parameters={name: value})
    assert bench.core.arming.arm(bench.now_ms).reason == reason


def test_no_checks_but_the_vehicles_own_with_arming_check_zero() -> None:
    bench = Bench(parameters={"BATT_ARM_VOLT": 16.6, "ARMING_CHECK": 0})
    assert bench.core.arming.arm(bench.now_ms).ok


def test_a_raised_throttle_refuses_arming() -> None:
    bench = Bench()
    bench.core.sticks.move(Sticks(throttle=0.4), bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).reason == "Throttle too high"


# --- checks all the time ----------------------------------------------------------------------------------------------
def test_failing_checks_are_said_every_thirty_seconds_but_not_at_boot() -> None:
    bench = Bench()
    bench.vehicle.armable_reasons = (COMPASS_FAILED,)
    bench.run(94.0)
    said = [when for when, event in bench.log if event == StatusText(Severity.CRITICAL, "PreArm: Compass not healthy")]
    assert said == [30_000, 60_000, 90_000]


def test_readiness_follows_the_checks_within_a_second() -> None:
    bench = Bench()
    assert bench.core.prearm.ok
    bench.vehicle.armable_reasons = (COMPASS_FAILED,)
    bench.run(1.0)
    assert not bench.core.prearm.ok
    bench.vehicle.armable_reasons = ()
    bench.run(1.0)
    assert bench.core.prearm.ok


def test_what_the_last_check_found_stays_while_it_is_armed() -> None:
    """Events tell a station of it (MAVLink's events: the checks are not evaluated while armed)."""
    bench = Bench()
    bench.vehicle.armable_reasons = (COMPASS_FAILED,)
    bench.run(1.0)
    assert list(bench.core.prearm.latest) == [COMPASS_FAILED]
    bench.vehicle.armable_reasons = ()
    bench.run(1.0)
    bench.core.arming.arm(bench.now_ms)
    bench.vehicle.armable_reasons = (COMPASS_FAILED,)
    bench.run(2.0)
    assert bench.core.facts.armed
    assert not bench.core.prearm.latest


def test_a_ground_station_may_ask_for_the_checks() -> None:
    bench = Bench()
    bench.vehicle.armable_reasons = (COMPASS_FAILED,)
    assert bench.core.prearm.run(bench.now_ms).ok
    assert "PreArm: Compass not healthy" in bench.texts
    bench.vehicle.armable_reasons = ()
    bench.core.arming.arm(bench.now_ms)
    assert bench.core.prearm.run(bench.now_ms).result is Result.TEMPORARILY_REJECTED


# --- disarming --------------------------------------------------------------------------------------------------------
def test_in_the_air_disarming_needs_force() -> None:
    bench = Bench()
    bench.airborne()
    assert bench.core.arming.disarm(bench.now_ms).result is Result.FAILED
    assert bench.core.facts.armed
    assert bench.core.arming.disarm(bench.now_ms, force=True).ok
    assert not bench.core.facts.armed


def test_sitting_armed_on_the_ground_ends_after_the_delay() -> None:
    bench = Bench(parameters={"DISARM_DELAY": 7})
    bench.core.arming.arm(bench.now_ms)
    armed = bench.now_ms
    bench.run(30.0, lambda: not bench.core.facts.armed)
    assert bench.now_ms - armed == 7000


def test_the_delay_begins_anew_after_a_landing() -> None:
    bench = Bench()
    bench.core.modes.set(5, bench.now_ms)
    bench.core.arming.arm(bench.now_ms)
    bench.core.commands.takeoff(5.0)
    bench.run(20.0)
    assert bench.core.facts.armed
    bench.core.sticks.move(Sticks(throttle=0.0), bench.now_ms)
    bench.run(60.0, lambda: bench.core.facts.landed)
    landed = bench.now_ms
    bench.core.sticks.move(None, bench.now_ms)
    bench.run(60.0, lambda: not bench.core.facts.armed)
    assert bench.now_ms - landed == 10_000


def test_a_takeoff_ends_the_delay() -> None:
    """Motors that speed up for it are not idle: a takeoff just before the end of the delay was disarmed."""
    bench = Bench()
    bench.core.modes.set(4, bench.now_ms)
    bench.core.arming.arm(bench.now_ms)
    bench.run(9.8)
    assert bench.core.facts.armed
    assert bench.core.commands.takeoff(5.0).ok
    bench.run(20.0)
    assert bench.core.facts.armed
    assert bench.core.facts.height > 4.0


def test_a_delay_of_zero_never_disarms() -> None:
    bench = Bench(parameters={"DISARM_DELAY": 0})
    bench.core.arming.arm(bench.now_ms)
    bench.run(300.0)
    assert bench.core.facts.armed


def test_a_countdown_holds_the_automatic_disarming() -> None:
    bench = Bench()
    bench.core.arming.arm(bench.now_ms)
    bench.core.vehicle_arming.hold_auto_disarm = True
    bench.run(60.0)
    assert bench.core.facts.armed


def test_a_rover_is_not_disarmed_for_standing_still() -> None:
    bench = Bench("rover")
    bench.core.arming.arm(bench.now_ms)
    bench.run(60.0)
    assert bench.core.facts.armed


# --- vehicles that take their time, and that act by themselves --------------------------------------------------------
def test_a_slow_vehicle_is_in_progress_until_it_replies() -> None:
    bench = Bench()
    bench.vehicle.slow_arming = True
    assert bench.core.arming.arm(bench.now_ms).result is Result.IN_PROGRESS
    bench.run(1.0)
    assert not bench.events(ArmedChanged)
    bench.vehicle.answer(True, True)
    bench.run(0.1)
    assert [event.armed for event in bench.events(ArmedChanged)] == [True]


def test_a_disarm_follows_an_arm_that_waits_for_a_slow_vehicle() -> None:
    """It was accepted and not sent, and the vehicle armed afterwards."""
    bench = Bench()
    bench.vehicle.slow_arming = True
    bench.core.arming.arm(bench.now_ms)
    arm = bench.vehicle.request
    assert bench.core.arming.disarm(bench.now_ms).result is Result.IN_PROGRESS
    assert bench.vehicle.request is not arm
    bench.vehicle.state.report[report.ARMED] = 1.0  # it carries out one after the other
    bench.vehicle.raise_event(VehicleEvent.ARMED)
    bench.run(0.1)
    bench.vehicle.answer(True, False)
    bench.run(0.1)
    assert [event.armed for event in bench.events(ArmedChanged)] == [True, False]


def test_a_slow_vehicle_that_refuses_says_why() -> None:
    bench = Bench()
    bench.vehicle.slow_arming = True
    bench.core.arming.arm(bench.now_ms)
    bench.vehicle.answer(False, True, "Hardware safety switch")
    bench.run(0.1)
    assert "Arm: Hardware safety switch" in bench.texts
    assert not bench.core.facts.armed


def test_a_vehicle_that_does_not_stop_after_landing_is_asked_every_second() -> None:
    bench = Bench()
    bench.airborne()
    asked: list[int] = []

    def refuse(*, force: bool = False) -> Request:
        asked.append(bench.now_ms)
        return Request.refused("still spinning")

    bench.core.commands.land(bench.now_ms)
    bench.run(2.0)
    bench.vehicle.disarm = refuse
    bench.run(60.0, lambda: bool(asked))
    bench.run(2.9)
    assert [moment - asked[0] for moment in asked] == [0, 1000, 2000]


def test_a_vehicle_that_disarms_itself_is_noticed() -> None:
    bench = Bench()
    bench.airborne()
    bench.vehicle.state.report[report.ARMED] = 0.0
    bench.vehicle.raise_event(VehicleEvent.DISARMED)
    bench.run(0.1)
    assert bench.events(ArmedChanged)[-1] == ArmedChanged(armed=False, method=ArmingMethod.UNKNOWN)


def test_another_procedure_can_take_the_place_of_arming() -> None:
    class Reluctant:
        def arm(self, now_ms: int, *, force: bool = False) -> Outcome:
            return Outcome(Result.TEMPORARILY_REJECTED, "resetting")

        def disarm(self, now_ms: int, *, force: bool = False) -> Outcome:
            return Outcome(Result.ACCEPTED)

    bench = Bench()
    bench.core.arming = Reluctant()
    assert bench.core.arming.arm(bench.now_ms).reason == "resetting"
    assert not bench.core.facts.armed
